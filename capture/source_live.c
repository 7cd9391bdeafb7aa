/* source_live.c - packets from network interfaces, by libpcap.
 *
 * The kernel hands packets over in blocks, at the latest after READ_TIMEOUT_MS. One interface is
 * read as it comes. Of several, each keeps one packet waiting and the earliest goes first; while
 * another interface has none, a packet is held back until a block with an earlier one must have
 * come. Both directions of a connection may then arrive on two interfaces and are still told in
 * order.
 *
 * Packets of all interfaces are numbered in one sequence, as a recording of them would be.
 *
 * When told to stop, what the kernel captured up to that moment is still handed out.
 */
#include "capture/source_live.h"

#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pcap/pcap.h>

#include "capture/live_refused.h"
#include "capture/mail_filter.h"

enum {
    SNAPLEN = 262144,
    BUFFER_DEFAULT_MIB = 16,
    READ_TIMEOUT_MS = 100,
    HOLD_MS = 2 * READ_TIMEOUT_MS,
    LINGER_MS = 3 * READ_TIMEOUT_MS, /* after a stop, for the last block */
    STATS_EVERY = 1024,              /* packets */
    NAME_SHOWN_MAX = 64,
    DEVICES_MAX = 16,
};

#define MS_NS     INT64_C(1000000)
#define SECOND_NS INT64_C(1000000000)

struct device {
    pcap_t *pcap;
    char *name;
    struct source_input input;
    int fd; /* readable when packets are there */
    int linktype;
    int64_t tick_ns;       /* of the times libpcap gives */
    struct pcap_stat last; /* the kernel's counters wrap at 32 bits */
    bool gone;
    bool has_waiting;
    struct packet waiting; /* in place, in the kernel's ring */
    char damaged[200];
};

struct source_live {
    struct source source;
    struct device *devices;
    size_t count;
    uint64_t packets;
    volatile sig_atomic_t stop; /* set by a signal handler */
    bool stopping;              /* and seen */
    int64_t stop_ns;            /* packet time: later packets are not wanted */
    int64_t linger_until_ns;    /* monotonic clock */
};

static struct source_live *own(struct source *s)
{
    return (struct source_live *)s;
}

static const struct source_live *own_const(const struct source *s)
{
    return (const struct source_live *)s;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* --- running --- */

static void update_drops(struct device *d)
{
    struct pcap_stat now;
    if (d->gone || pcap_stats(d->pcap, &now) != 0) {
        return;
    }
    d->input.drops_known = true;
    d->input.dropped_kernel += now.ps_drop - d->last.ps_drop;
    d->input.dropped_interface += now.ps_ifdrop - d->last.ps_ifdrop;
    d->last = now;
}

/* No more from this one, for the reason libpcap gives. */
static void end_device(struct device *d)
{
    char reason[120], place[40] = "before its first packet";
    update_drops(d);
    d->gone = true;
    fail_quote_name(pcap_geterr(d->pcap), reason, sizeof reason);
    if (reason[0] >= 'A' && reason[0] <= 'Z' && reason[1] >= 'a') {
        reason[0] = (char)(reason[0] - 'A' + 'a');
    }
    if (d->input.packets > 0) {
        snprintf(place, sizeof place, "after %llu packets", (unsigned long long)d->input.packets);
    }
    snprintf(d->damaged, sizeof d->damaged, "stopped %s: %s", place, reason);
    d->input.damaged = d->damaged;
}

/* Gets the device's next packet, if it has one. */
static void look_at(struct device *d)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    if (d->gone || d->has_waiting) {
        return;
    }
    int answer = pcap_next_ex(d->pcap, &header, &data);
    if (answer < 0) {
        end_device(d);
    }
    if (answer <= 0) {
        return;
    }
    d->has_waiting = true;
    d->waiting = (struct packet){
        .mark.time_ns = (int64_t)header->ts.tv_sec * SECOND_NS + header->ts.tv_usec * d->tick_ns,
        .linktype = d->linktype,
        .wire_len = header->len > header->caplen ? header->len : header->caplen,
        .data = {data, header->caplen},
    };
}

/* The device whose packet may go now, NULL when none may. */
static struct device *choose(struct source_live *l)
{
    struct device *first = NULL;
    bool all_known = true; /* no device could still bring an earlier one */
    for (size_t i = 0; i < l->count; i++) {
        struct device *d = &l->devices[i];
        look_at(d);
        if (!d->has_waiting) {
            all_known = all_known && d->gone;
        } else if (!first || d->waiting.mark.time_ns < first->waiting.mark.time_ns) {
            first = d;
        }
    }
    if (!first || all_known || l->count == 1) {
        return first;
    }
    /* A packet from the future means that the clock was set back: then waiting is no use. */
    int64_t age_ns = clock_ns(CLOCK_REALTIME) - first->waiting.mark.time_ns;
    return age_ns < 0 || age_ns >= HOLD_MS * MS_NS ? first : NULL;
}

static void hand_out(struct source_live *l, struct device *d, struct packet *out)
{
    struct source_input *in = &d->input;
    d->has_waiting = false;
    *out = d->waiting;
    out->mark.packet = ++l->packets;
    if (in->packets == 0) {
        in->first = in->last = out->mark;
    } else if (out->mark.time_ns < in->last.time_ns - MS_NS) {
        in->backwards++;
    }
    if (out->mark.time_ns >= in->last.time_ns) {
        in->last = out->mark;
    }
    in->packets++;
    in->bytes += out->data.len;
    in->truncated += out->data.len < out->wire_len;
    if (in->packets % STATS_EVERY == 0) {
        update_drops(d);
    }
}

/* Waits for packets, at most ms. */
static void wait_for_packets(struct source_live *l, int ms)
{
    struct pollfd fds[DEVICES_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (!l->devices[i].gone && !l->devices[i].has_waiting) {
            fds[count++] = (struct pollfd){.fd = l->devices[i].fd, .events = POLLIN};
        }
    }
    poll(fds, count, ms); /* a signal ends it early; whatever it says, the devices are asked next */
}

static bool all_gone(const struct source_live *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (!l->devices[i].gone || l->devices[i].has_waiting) {
            return false;
        }
    }
    return true;
}

/* Notices a stop; true when nothing more is to be handed out. */
static bool is_over(struct source_live *l, const struct device *chosen)
{
    if (l->stop && !l->stopping) {
        l->stopping = true;
        l->stop_ns = clock_ns(CLOCK_REALTIME);
        l->linger_until_ns = clock_ns(CLOCK_MONOTONIC) + LINGER_MS * MS_NS;
    }
    if (!l->stopping) {
        return !chosen && all_gone(l);
    }
    if (chosen) {
        return chosen->waiting.mark.time_ns > l->stop_ns;
    }
    return all_gone(l) || clock_ns(CLOCK_MONOTONIC) >= l->linger_until_ns;
}

static enum source_answer live_next(struct source *s, struct packet *out)
{
    struct source_live *l = own(s);
    struct device *chosen = choose(l);
    if (!chosen && !l->stop) {
        wait_for_packets(l, READ_TIMEOUT_MS);
        chosen = choose(l);
    }
    bool over = is_over(l, chosen);
    if (!over && chosen) {
        hand_out(l, chosen, out);
        return SOURCE_PACKET;
    }
    for (size_t i = 0; i < l->count; i++) {
        update_drops(&l->devices[i]);
    }
    if (over) {
        return SOURCE_END;
    }
    if (l->stopping) {
        wait_for_packets(l, READ_TIMEOUT_MS / 5);
    }
    return SOURCE_NOTHING;
}

static size_t live_input_count(const struct source *s)
{
    return own_const(s)->count;
}

static const struct source_input *live_input(const struct source *s, size_t index)
{
    return &own_const(s)->devices[index].input;
}

static double live_progress(const struct source *s)
{
    (void)s;
    return -1;
}

static void live_free(struct source *s)
{
    struct source_live *l = own(s);
    for (size_t i = 0; i < l->count; i++) {
        if (l->devices[i].pcap) {
            pcap_close(l->devices[i].pcap);
        }
        free(l->devices[i].name);
    }
    free(l->devices);
    free(l);
}

static const struct source_class live_class = {
    .next = live_next,
    .input_count = live_input_count,
    .input = live_input,
    .progress = live_progress,
    .free = live_free,
};

/* --- opening --- */

/* What pcap_activate or its like answered, said with what to do. */
static bool cannot_open(const struct device *d, int answer, struct fail *fail)
{
    char shown[NAME_SHOWN_MAX], reason[200];
    fail_quote_name(d->name, shown, sizeof shown);
    bool exists = if_nametoindex(d->name) != 0 || strcmp(d->name, "any") == 0;
    switch (answer) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return live_refused_missing(shown, fail);
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return exists ? live_refused_permission(shown, fail) : live_refused_missing(shown, fail);
    case PCAP_ERROR_IFACE_NOT_UP:
        return fail_set(fail, STATUS_FORBIDDEN,
                        "cannot capture on %s: the interface is down; "
                        "bring it up: ip link set %s up",
                        shown, shown);
    default:
        break;
    }
    const char *text = pcap_geterr(d->pcap);
    fail_quote_name(text[0] ? text : pcap_statustostr(answer), reason, sizeof reason);
    return fail_set(fail, STATUS_FORBIDDEN, "cannot capture on %s: %s", shown, reason);
}

static bool install(struct device *d, const char *expression)
{
    struct bpf_program program;
    if (pcap_compile(d->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return false;
    }
    bool installed = pcap_setfilter(d->pcap, &program) == 0;
    pcap_freecode(&program);
    return installed;
}

/* Link types without VLANs refuse the expression that has them. */
static bool install_filter(struct device *d, const struct source_live_options *options,
                           struct fail *fail)
{
    char expression[MAIL_FILTER_MAX], shown[NAME_SHOWN_MAX], reason[PCAP_ERRBUF_SIZE];
    if (options->filter) {
        if (install(d, options->filter)) {
            return true;
        }
        fail_quote_name(pcap_geterr(d->pcap), reason, sizeof reason);
        return fail_set(fail, STATUS_USAGE,
                        "--bpf: not a capture filter: %s; man pcap-filter tells the syntax",
                        reason);
    }
    for (int vlan = 1; vlan >= 0; vlan--) {
        if (mail_filter_write(options->ports, options->port_count, vlan, expression) &&
            install(d, expression)) {
            return true;
        }
    }
    fail_quote_name(d->name, shown, sizeof shown);
    fail_quote_name(pcap_geterr(d->pcap), reason, sizeof reason);
    return fail_set(fail, STATUS_FORBIDDEN, "cannot capture on %s: no filter for mail: %s", shown,
                    reason);
}

/* The number a file would have for what libpcap calls by its own. */
static int linktype_of(int dlt)
{
    return dlt == DLT_RAW ? LINK_RAW : dlt;
}

static bool open_device(struct device *d, const char *name,
                        const struct source_live_options *options, struct fail *fail)
{
    char message[PCAP_ERRBUF_SIZE];
    int mib = options->buffer_mib > 0 && options->buffer_mib < 2048 ? options->buffer_mib
                                                                    : BUFFER_DEFAULT_MIB;
    d->name = strdup(name);
    d->pcap = d->name ? pcap_create(name, message) : NULL;
    if (!d->pcap) {
        return fail_set(fail, STATUS_FORBIDDEN, "cannot capture: out of memory");
    }
    pcap_set_snaplen(d->pcap, SNAPLEN);
    pcap_set_promisc(d->pcap, 0);
    pcap_set_timeout(d->pcap, READ_TIMEOUT_MS);
    pcap_set_buffer_size(d->pcap, mib * 1024 * 1024);
    pcap_set_tstamp_precision(d->pcap, PCAP_TSTAMP_PRECISION_NANO);
    int answer = pcap_activate(d->pcap);
    if (answer < 0) {
        return cannot_open(d, answer, fail);
    }
    if (pcap_datalink(d->pcap) == DLT_LINUX_SLL) {
        pcap_set_datalink(d->pcap, DLT_LINUX_SLL2); /* says which interface; else SLL is fine too */
    }
    if (!install_filter(d, options, fail)) {
        return false;
    }
    if (pcap_setnonblock(d->pcap, 1, message) != 0) {
        return cannot_open(d, PCAP_ERROR, fail);
    }
    bool nano = pcap_get_tstamp_precision(d->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    d->fd = pcap_get_selectable_fd(d->pcap);
    d->linktype = linktype_of(pcap_datalink(d->pcap));
    d->tick_ns = nano ? 1 : 1000;
    d->input = (struct source_input){
        .name = d->name,
        .is_interface = true,
        .linktype = d->linktype,
        .snaplen = SNAPLEN,
        .nanoseconds = nano,
    };
    return true;
}

struct source *source_live_open(const struct source_live_options *options, struct fail *fail)
{
    if (options->interface_count > DEVICES_MAX) {
        fail_set(fail, STATUS_USAGE, "no more than %d interfaces at once", (int)DEVICES_MAX);
        return NULL;
    }
    struct source_live *l = calloc(1, sizeof *l);
    struct device *devices = calloc(options->interface_count + 1, sizeof *devices);
    if (!l || !devices) {
        free(l);
        free(devices);
        fail_set(fail, STATUS_FORBIDDEN, "cannot capture: out of memory");
        return NULL;
    }
    l->source.class = &live_class;
    l->devices = devices;
    for (size_t i = 0; i < options->interface_count; i++) {
        l->count++;
        if (!open_device(&devices[i], options->interfaces[i], options, fail)) {
            live_free(&l->source);
            return NULL;
        }
    }
    return &l->source;
}

void source_live_stop(struct source *s)
{
    own(s)->stop = 1;
}

const char *source_live_library_version(void)
{
    return pcap_lib_version();
}
