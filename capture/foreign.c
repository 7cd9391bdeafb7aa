/* foreign.c - what an input is that is not a capture we read, in words that help.
 *
 * Only the beginning is looked at, never the name: captures carry every extension there is.
 *
 * What cannot be recognized may be a capture whose beginning was overwritten. So an input is only
 * called foreign when it is known what it is, and that it is no capture.
 */
#include "capture/foreign.h"

#include <stdio.h>
#include <string.h>

#include "capture/pcapfile.h"
#include "capture/pcapng.h"

enum { TEXT_SAMPLE_LEN = 18, BYTES_SHOWN = 8 };

enum remedy { REMEDY_UNPACK, REMEDY_CONVERT, REMEDY_NONE };

#define STARTS(bytes) (bytes), sizeof(bytes) - 1

/* clang-format off */
static const struct known {
    const char *start;
    size_t len;
    enum remedy remedy;
    const char *what;
    const char *tool; /* REMEDY_UNPACK: writes the unpacked file to its standard output */
} known[] = {
    {STARTS("\x02\x21\x4c\x18"),     REMEDY_UNPACK,  "lz4's legacy format", "lz4 -dc FILE"},
    {STARTS("\xfd" "7zXZ\0"),        REMEDY_UNPACK,  "xz",    "xz -dc FILE"},
    {STARTS("BZh"),                  REMEDY_UNPACK,  "bzip2", "bzip2 -dc FILE"},
    {STARTS("\x1f\x9d"),             REMEDY_UNPACK,  "compress", "gzip -dc FILE"},
    {STARTS("LZIP"),                 REMEDY_UNPACK,  "lzip",  "lzip -dc FILE"},
    {STARTS("PK\x03\x04"),           REMEDY_UNPACK,  "zip",   "unzip -p FILE"},
    {STARTS("7z\xbc\xaf\x27\x1c"),   REMEDY_UNPACK,  "7-Zip", "7z e -so FILE"},
    {STARTS("snoop\0\0\0"),          REMEDY_CONVERT, "a snoop capture", NULL},
    {STARTS("GMBU"),                 REMEDY_CONVERT, "a Microsoft Network Monitor capture", NULL},
    {STARTS("RTSS"),                 REMEDY_CONVERT, "a Microsoft Network Monitor capture", NULL},
    {STARTS("TRSNIFF data    \x1a"), REMEDY_CONVERT, "a Sniffer capture", NULL},
    {STARTS("XCP\0"),                REMEDY_CONVERT, "a NetXRay or Windows Sniffer capture", NULL},
    {STARTS("btsnoop\0"),            REMEDY_CONVERT, "a Bluetooth snoop capture", NULL},
    {STARTS("iptrace "),             REMEDY_CONVERT, "an AIX iptrace capture", NULL},
    {STARTS("ObserverPktBuffer"),    REMEDY_CONVERT, "a Network Instruments Observer capture", NULL},
    {STARTS("\x7f" "ELF"),           REMEDY_NONE,    "a program", NULL},
    {STARTS("%PDF-"),                REMEDY_NONE,    "a PDF document", NULL},
    {STARTS("\x89PNG\r\n"),          REMEDY_NONE,    "a picture", NULL},
    {STARTS("\xff\xd8\xff"),          REMEDY_NONE,    "a picture", NULL},
    {STARTS("GIF8"),                 REMEDY_NONE,    "a picture", NULL},
    {STARTS("SQLite format 3"),      REMEDY_NONE,    "a database", NULL},
};
/* clang-format on */

static const struct known *find_known(struct bytes head)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (head.len >= known[i].len && memcmp(head.data, known[i].start, known[i].len) == 0) {
            return &known[i];
        }
    }
    return NULL;
}

static bool known_fail(const char *name, const struct known *what, struct fail *fail)
{
    switch (what->remedy) {
    case REMEDY_UNPACK:
        return fail_set(fail, STATUS_NO_INPUT,
                        "%s is compressed with %s, which is not read directly; "
                        "unpack it on the way: %s | wiretale read -",
                        name, what->what, what->tool);
    case REMEDY_CONVERT:
        return fail_set(fail, STATUS_NO_INPUT,
                        "%s is %s, which is not supported yet; "
                        "convert it: editcap -F pcapng FILE out.pcapng",
                        name, what->what);
    case REMEDY_NONE:
        break;
    }
    return fail_set(fail, STATUS_NO_INPUT, "%s is not a capture: it is %s", name, what->what);
}

/* Text: no control bytes but white space and escape sequences, and not only those. */
static bool is_text(struct bytes head)
{
    size_t printable = 0;
    for (size_t i = 0; i < head.len; i++) {
        uint8_t byte = head.data[i];
        bool space = byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f' || byte == 0x1b;
        if ((byte < 0x20 && !space) || byte == 0x7f) {
            return false;
        }
        if (byte > 0x20 && byte < 0x7f) {
            printable++;
        }
    }
    return printable > 0 && printable * 2 >= head.len;
}

/* Up to the end of the first line that is not empty, or as much as a message shows. */
static struct bytes text_sample(struct bytes head)
{
    struct bytes line = head;
    while (line.len > 0 && (*line.data == '\n' || *line.data == '\r')) {
        line.data++;
        line.len--;
    }
    size_t len = 0;
    while (len < line.len && line.data[len] != '\n' && line.data[len] != '\r') {
        len++;
    }
    line.len = len;
    return line;
}

static bool text_fail(const char *name, const char *starts, struct bytes head, struct fail *fail)
{
    char sample[4 * TEXT_SAMPLE_LEN + 1];
    struct bytes line = text_sample(head);
    bool is_cut = line.len > TEXT_SAMPLE_LEN;
    if (is_cut) {
        line.len = TEXT_SAMPLE_LEN;
    }
    fail_quote(line, sample, sizeof sample);
    return fail_set(fail, STATUS_NO_INPUT,
                    "%s is not a capture: %s text (\"%s%s\"); "
                    "for MTA logs use your MTA's own tools; to record a capture: "
                    "tcpdump -i eth0 -w gw.pcap port 25",
                    name, starts, sample, is_cut ? "..." : "");
}

static bool short_fail(const char *name, struct bytes head, bool unpacked, struct fail *fail)
{
    if (head.len == 0) {
        return fail_set(fail, STATUS_NO_INPUT,
                        "%s is empty%s: not even a capture's header was written; "
                        "a capturing program may still hold it in memory: end it, or let it "
                        "write at once (tcpdump -U)",
                        name, unpacked ? " once unpacked" : "");
    }
    return fail_set(fail, STATUS_NO_INPUT,
                    "%s ends inside the header of a capture (%zu of %d bytes)", name, head.len,
                    (int)PCAPFILE_HEADER_LEN);
}

/* The type of the block that every pcapng file begins with. */
static bool is_section(struct bytes head)
{
    return head.len >= 4 && memcmp(head.data, "\n\r\r\n", 4) == 0;
}

/* A capture of which even the header is not whole. */
static bool is_begun(struct bytes head)
{
    return head.len < PCAPFILE_HEADER_LEN && (pcapfile_matches(head) || is_section(head));
}

static bool describe(const char *name, struct bytes head, bool unpacked, struct fail *fail)
{
    char shown[3 * BYTES_SHOWN + 1] = "";
    const char *starts = unpacked ? "unpacked, it starts with" : "it starts with";
    const struct known *what = find_known(head);
    if (head.len == 0 || is_begun(head)) {
        return short_fail(name, head, unpacked, fail);
    }
    if (what) {
        return known_fail(name, what, fail);
    }
    if (is_section(head)) {
        return fail_set(fail, STATUS_NO_INPUT,
                        "%s is damaged at its start: it is a pcapng capture in no known byte order",
                        name);
    }
    if (is_text(head)) {
        return text_fail(name, starts, head, fail);
    }
    if (head.len < PCAPFILE_HEADER_LEN) {
        return fail_set(fail, STATUS_NO_INPUT,
                        "%s is not a capture: it is too short to be one (%zu bytes)", name,
                        head.len);
    }
    for (size_t i = 0; i < BYTES_SHOWN && i < head.len; i++) {
        snprintf(shown + 3 * i, 4, " %02x", head.data[i]);
    }
    return fail_set(fail, STATUS_NO_INPUT,
                    "%s is not a capture: %s the bytes%s, as no capture format known here does",
                    name, starts, shown);
}

/* Whole, and surely something else, or nothing at all. */
static bool is_something_else(struct bytes head)
{
    const struct known *what = find_known(head);

    return head.len == 0 || (!is_begun(head) && !is_section(head) &&
                             (what ? what->remedy == REMEDY_NONE : is_text(head)));
}

bool foreign_fail(const char *name, struct bytes head, bool unpacked, struct fail *fail)
{
    describe(name, head, unpacked, fail);
    if (fail) {
        fail->is_foreign = is_something_else(head);
    }
    return false;
}
