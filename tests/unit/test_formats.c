/* test_formats.c - packets and TCP connections of every shared capture, as the catalogue counts
 * them or as tests/format_differences.txt explains.
 *
 * The captures are not part of this repository: they lie in $WIRETALE_SHARED, or in "shared" beside
 * the source tree. Without them the test is skipped.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source_file.h"
#include "dissect/dissect.h"

enum { SKIPPED = 77, LINE = 4096, NAME = 600, DIFFERENCES_MAX = 64 };

struct counts {
    uint64_t packets, connections;
};

static struct {
    char name[NAME];
    struct counts counts;
    bool used;
} differences[DIFFERENCES_MAX];
static size_t difference_count;

static void drop_session(void *ctx, struct session *s)
{
    (void)ctx;
    session_free(s);
}

static bool count_file(const char *path, struct counts *out)
{
    static const uint16_t ports[] = {25, 465, 587, 2525};
    struct source_file_options options = {.file = 0};
    struct dissect_options dissect_options = {.ports = ports, .port_count = 4};
    struct fail fail;
    struct source *source = source_file_open(path, &options, &fail);
    struct dissect *dissect = dissect_new(&dissect_options, drop_session, NULL);
    struct packet packet;
    bool opened = source && dissect;

    while (opened && source_next(source, &packet) == SOURCE_PACKET) {
        dissect_packet(dissect, &packet);
    }
    if (opened) {
        dissect_end(dissect);
        out->packets = dissect_totals(dissect)->packets;
        out->connections = dissect_totals(dissect)->connections;
    }
    dissect_free(dissect);
    source_free(source);
    return opened;
}

/* Field `index` of a line of tab-separated ones. */
static const char *field(const char *line, int index, char out[NAME])
{
    size_t len;

    for (; index > 0 && line; index--) {
        line = strchr(line, '\t');
        line = line ? line + 1 : NULL;
    }
    len = line ? strcspn(line, "\t\n") : 0;
    if (len >= NAME) {
        len = NAME - 1;
    }
    memcpy(out, line ? line : "", len);
    out[len] = '\0';
    return out;
}

static uint64_t number(const char *line, int index)
{
    char text[NAME];

    return strtoull(field(line, index, text), NULL, 10);
}

static bool read_differences(const char *path)
{
    FILE *in = fopen(path, "r");
    char line[LINE];

    if (!in) {
        perror(path);
        return false;
    }
    while (fgets(line, sizeof line, in) && difference_count < DIFFERENCES_MAX) {
        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        field(line, 0, differences[difference_count].name);
        differences[difference_count].counts = (struct counts){number(line, 1), number(line, 2)};
        difference_count++;
    }
    fclose(in);
    return true;
}

/* What the file should have; false when nothing explains the difference. */
static bool is_explained(const char *name, const struct counts *catalogue,
                         const struct counts *ours)
{
    for (size_t i = 0; i < difference_count; i++) {
        if (strcmp(differences[i].name, name) == 0) {
            differences[i].used = true;
            return ours->packets == differences[i].counts.packets &&
                   ours->connections == differences[i].counts.connections;
        }
    }
    return ours->packets == catalogue->packets && ours->connections == catalogue->connections;
}

/* Faults of one line of the catalogue. */
static int judge(const char *shared, const char *line)
{
    char folder[NAME], file[NAME], path[LINE], name[2 * NAME + 1];
    struct counts catalogue = {number(line, 4), number(line, 5)}, ours = {0, 0};
    int len;

    snprintf(name, sizeof name, "%s/%s", field(line, 0, folder), field(line, 1, file));
    len = snprintf(path, sizeof path, "%s/captures/%s", shared, name);
    if (len < 0 || (size_t)len >= sizeof path || !count_file(path, &ours)) {
        printf("%s: cannot be opened\n", name);
        return 1;
    }
    if (!is_explained(name, &catalogue, &ours)) {
        printf("%s: %" PRIu64 " packets, %" PRIu64 " connections; the catalogue has %" PRIu64
               ", %" PRIu64 "\n",
               name, ours.packets, ours.connections, catalogue.packets, catalogue.connections);
        return 1;
    }
    return 0;
}

int main(void)
{
    const char *shared = getenv("WIRETALE_SHARED");
    char path[LINE], line[LINE];
    int bad = 0, files = 0;
    FILE *catalogue;

    if (!shared) {
        shared = "../shared";
    }
    snprintf(path, sizeof path, "%s/captures/CATALOG.tsv", shared);
    catalogue = fopen(path, "r");
    if (!catalogue) {
        printf("no %s: skipped\n", path);
        return SKIPPED;
    }
    if (!read_differences("tests/format_differences.txt")) {
        return 1;
    }
    while (fgets(line, sizeof line, catalogue)) {
        if (strncmp(line, "formats\t", 8) == 0 || strncmp(line, "smtp\t", 5) == 0) {
            bad += judge(shared, line);
            files++;
        }
    }
    fclose(catalogue);
    for (size_t i = 0; i < difference_count; i++) {
        if (!differences[i].used) {
            printf("%s: explained, but not in the catalogue\n", differences[i].name);
            bad++;
        }
    }
    printf("%d captures, %zu explained differences, %d faults\n", files, difference_count, bad);
    return bad > 0;
}
