/* facts.c - facts of a session in the words that JSON and XML share. */
#include "report/facts.h"

#include <stdio.h>
#include <string.h>

const char *const fact_side_names[SIDES] = {"client", "server"};
const char *const fact_side_letters[SIDES] = {"c", "s"};
const char *const fact_method_names[] = {
    [METHOD_NONE] = "", [METHOD_DATA] = "data", [METHOD_BDAT] = "bdat"};

const char *fact_event_outcome(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_COMPLETED:
    case OUTCOME_ENCRYPTED:
        return "success";
    case OUTCOME_REJECTED:
    case OUTCOME_NO_REPLY:
    case OUTCOME_RESET:
    case OUTCOME_ABORTED:
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_TLS_FAILED:
        return "failure";
    case OUTCOME_PARTIAL:
    case OUTCOME_OPEN:
    case OUTCOME_NOT_SMTP:
    case OUTCOME_COUNT:
        break;
    }
    return "unknown";
}

unsigned fact_event_severity(enum severity severity)
{
    switch (severity) {
    case SEVERITY_INFO:
        return 10;
    case SEVERITY_NOTICE:
        return 20;
    case SEVERITY_WARNING:
        return 40;
    case SEVERITY_ERROR:
        return 70;
    case SEVERITY_CRITICAL:
        return 90;
    case SEVERITY_COUNT:
        break;
    }
    return 0;
}

int64_t fact_rtt_ns(const struct session *s)
{
    int64_t out = s->tcp.syn_to_synack_ns, back = s->tcp.synack_to_ack_ns;
    return out >= 0 && back >= 0 ? out + back : -1;
}

static bool is_earlier(const struct event *a, const struct event *b)
{
    if (a->first.time_ns != b->first.time_ns) {
        return a->first.time_ns < b->first.time_ns;
    }
    return a->first.packet < b->first.packet;
}

size_t fact_closes(const struct session *s, const struct event *out[FACT_CLOSES_MAX])
{
    size_t count = 0;
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind != EVENT_FIN && e->kind != EVENT_RST && e->kind != EVENT_REFUSED) {
            continue;
        }
        size_t at = count < FACT_CLOSES_MAX ? count++ : FACT_CLOSES_MAX;
        if (at == FACT_CLOSES_MAX && !is_earlier(e, out[--at])) {
            continue;
        }
        while (at > 0 && is_earlier(e, out[at - 1])) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = e;
    }
    return count;
}

bool fact_enhanced(const struct enhanced *e, char out[FACT_ENHANCED_MAX])
{
    if (e->class == 0) {
        return false;
    }
    (void)snprintf(out, FACT_ENHANCED_MAX, "%u.%u.%u", e->class, e->subject, e->detail);
    return true;
}

bool fact_next_word(struct bytes *rest, struct bytes *word)
{
    const uint8_t *at = rest->data, *end = at + rest->len;
    while (at < end && *at == ' ') {
        at++;
    }
    const uint8_t *start = at;
    while (at < end && *at != ' ') {
        at++;
    }
    *word = (struct bytes){start, (size_t)(at - start)};
    *rest = (struct bytes){at, (size_t)(end - at)};
    return word->len > 0;
}

bool fact_path_has_user(struct text path)
{
    return path.len > 0 && !(path.len == 2 && memcmp(path.s, "<>", 2) == 0);
}

bool fact_frame_is_new(const struct finding *f, size_t index)
{
    return f->frames[index].packet &&
           (index == 0 || f->frames[index - 1].packet != f->frames[index].packet);
}
