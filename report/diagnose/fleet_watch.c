/* fleet_watch.c - the tables behind the rules over many sessions. */
#include "report/diagnose/fleet_watch.h"

#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_silence.h"
#include "report/words.h"

enum { STATION_SLOTS = STATIONS_MAX * 2, PAIR_SLOTS = PAIRS_MAX * 2 };

static const int64_t window_bin_ns = INT64_C(30000000000);

void sightings_add(struct sightings *g, struct mark at, uint64_t session)
{
    if (g->count && g->last_session == session) {
        return;
    }
    if (!g->count || at.time_ns < g->first.time_ns) {
        g->first = at;
        g->first_session = session;
    }
    if (!g->count || at.time_ns >= g->last.time_ns) {
        g->last = at;
    }
    g->last_session = session;
    g->count++;
    if (g->example_count < FLEET_EXAMPLES) {
        g->examples[g->example_count++] = session;
    }
}

void sightings_join(struct sightings *g, const struct sightings *more)
{
    if (!g->count || more->first.time_ns < g->first.time_ns) {
        g->first = more->first;
        g->first_session = more->first_session;
    }
    if (!g->count || more->last.time_ns >= g->last.time_ns) {
        g->last = more->last;
        g->last_session = more->last_session;
    }
    g->count += more->count;
    for (size_t i = 0; i < more->example_count && g->example_count < FLEET_EXAMPLES; i++) {
        g->examples[g->example_count++] = more->examples[i];
    }
}

bool few_has(const struct few *few, uint64_t id)
{
    for (unsigned i = 0; i < few->count; i++) {
        if (few->id[i] == id) {
            return true;
        }
    }
    return false;
}

const char *few_more(const struct few *few)
{
    return few->count < FEW_MAX ? "" : " or more";
}

void few_add(struct few *few, uint64_t id)
{
    if (few->count < FEW_MAX && !few_has(few, id)) {
        few->id[few->count++] = id;
    }
}

/* Sessions come in the order of their end: a moment may lie before the newest one. */
void window_add(struct window *w, int64_t time_ns, unsigned count)
{
    int64_t bin = time_ns / window_bin_ns;

    if (!w->running) {
        w->running = true;
        w->newest = bin;
    }
    if (bin - w->newest >= WINDOW_BINS) {
        memset(w->n, 0, sizeof w->n);
        w->sum = 0;
        w->newest = bin;
    }
    while (w->newest < bin) {
        size_t at = (size_t)(++w->newest & INT64_MAX) % WINDOW_BINS;
        w->sum -= w->n[at];
        w->n[at] = 0;
    }
    if (w->newest - bin >= WINDOW_BINS) {
        return;
    }
    w->n[(size_t)(bin & INT64_MAX) % WINDOW_BINS] += count;
    w->sum += count;
    w->peak = w->sum > w->peak ? w->sum : w->peak;
}

/* Both halves of a product, so that every bit has a part in every other. */
static uint64_t mix(uint64_t h, uint64_t v)
{
    __extension__ unsigned __int128 m = (unsigned __int128)(h ^ v) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t watch_hash(uint64_t seed, const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t h = mix(seed, UINT64_C(14695981039346656037) ^ len), word;

    for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
        memcpy(&word, p, sizeof word);
        h = mix(h, word);
    }
    word = 0;
    memcpy(&word, p, len);
    return mix(h, word);
}

uint64_t watch_hash_address(const struct address *a, uint16_t port)
{
    return watch_hash((uint64_t)a->family << 16 | port, a->bytes, sizeof a->bytes);
}

struct watch *watch_new(const struct bins_clock *clock)
{
    struct watch *w = calloc(1, sizeof *w);

    if (!w) {
        return NULL;
    }
    w->clock = clock;
    table_init(&w->accounts, sizeof(struct account), ACCOUNTS_MAX);
    table_init(&w->senders, sizeof(struct sender), SENDERS_MAX);
    w->stations = calloc(STATIONS_MAX, sizeof(struct station *));
    w->pairs = calloc(PAIRS_MAX, sizeof(struct pair *));
    w->mails = calloc(MAILS_MAX, sizeof(struct mail));
    w->rhythm = rhythm_new();
    if (!w->rhythm || !slots_init(&w->station_slots, STATION_SLOTS) || !w->stations ||
        !slots_init(&w->pair_slots, PAIR_SLOTS) || !w->pairs || !w->mails) {
        watch_free(w);
        return NULL;
    }
    return w;
}

void watch_free(struct watch *w)
{
    if (!w) {
        return;
    }
    for (size_t i = 0; i < w->station_count; i++) {
        watch_free_station(w->stations[i]);
        free(w->stations[i]);
    }
    watch_free_station(&w->passing[SIDE_SERVER]);
    for (size_t i = 0; i < w->pair_count; i++) {
        free(w->pairs[i]);
    }
    slots_free(&w->station_slots);
    free(w->stations);
    slots_free(&w->pair_slots);
    free(w->pairs);
    rhythm_free(w->rhythm);
    table_free(&w->accounts);
    table_free(&w->senders);
    free(w->mails);
    free(w);
}

/* --- looking up --- */

static struct station *find_station(const struct watch *w, const struct endpoint *end,
                                    enum side side, uint64_t hash, size_t *at)
{
    struct station *t;

    for (*at = hash; (t = slots_next(&w->station_slots, hash, at)); ++*at) {
        if (t->side == side && t->end.port == end->port &&
            address_equal(&t->end.address, &end->address)) {
            return t;
        }
    }
    return NULL;
}

static struct station *passing(struct watch *w, const struct endpoint *who, enum side side,
                               uint64_t hash)
{
    struct station *t = &w->passing[side];

    w->turned_away++;
    t->hash = hash;
    t->end = *who;
    t->side = side;
    return t;
}

struct station *watch_station(struct watch *w, const struct endpoint *end, enum side side,
                              bool makes)
{
    struct endpoint who = {end->address, side == SIDE_SERVER ? end->port : 0};
    uint64_t hash = watch_hash(watch_hash_address(&who.address, who.port), &side, sizeof side);
    size_t at;
    struct station *t = find_station(w, &who, side, hash, &at);

    if (!t) {
        if (w->station_count == STATIONS_MAX) {
            if (!makes && !sweep_met_before(&w->met_stations, hash)) {
                return passing(w, &who, side, hash);
            }
            watch_make_room(w);
            find_station(w, &who, side, hash, &at);
        }
        if (w->station_count == STATIONS_MAX || !(t = calloc(1, sizeof *t))) {
            w->turned_away++;
            return NULL;
        }
        t->hash = hash;
        t->end = who;
        t->side = side;
        slots_put(&w->station_slots, at, hash, t);
        w->stations[w->station_count++] = t;
    }
    t->met = ++w->met;
    return t;
}

static struct pair *find_pair(const struct watch *w, const struct endpoint *client,
                              const struct endpoint *server, uint64_t hash, size_t *at)
{
    struct pair *p;

    for (*at = hash; (p = slots_next(&w->pair_slots, hash, at)); ++*at) {
        if (p->end[SIDE_SERVER].port == server->port &&
            address_equal(&p->end[SIDE_CLIENT].address, &client->address) &&
            address_equal(&p->end[SIDE_SERVER].address, &server->address)) {
            return p;
        }
    }
    return NULL;
}

struct pair *watch_pair(struct watch *w, const struct session *s, bool makes)
{
    struct endpoint client = {s->end[SIDE_CLIENT].address, 0}, server = s->end[SIDE_SERVER];
    uint64_t hash = watch_pair_hash(&client, &server);
    size_t at;
    struct pair *p = find_pair(w, &client, &server, hash, &at);

    if (!p && !makes) {
        return NULL;
    }
    if (!p) {
        if (w->pair_count == PAIRS_MAX) {
            watch_make_room_for_pairs(w);
            find_pair(w, &client, &server, hash, &at);
        }
        if (w->pair_count == PAIRS_MAX || !(p = calloc(1, sizeof *p))) {
            w->turned_away++;
            return NULL;
        }
        p->end[SIDE_CLIENT] = client;
        p->end[SIDE_SERVER] = server;
        slots_put(&w->pair_slots, at, hash, p);
        w->pairs[w->pair_count++] = p;
    }
    p->met = ++w->met;
    return p;
}

const struct finding *watch_finding(const struct session *s, const char *rule)
{
    for (const struct finding *f = diagnosis_of(s)->findings; f; f = f->next) {
        if (strcmp(f->id, rule) == 0) {
            return f;
        }
    }
    return NULL;
}

bool watch_is_whole(const struct session *s)
{
    return diagnosis_of(s)->capture == CAPTURE_FULL;
}

bool watch_is_unsure(const struct session *s)
{
    enum outcome outcome = diagnosis_of(s)->outcome;

    return !watch_is_whole(s) && !watch_failure(s) &&
           !(outcome == OUTCOME_COMPLETED && s->smtp.accepted_count);
}

const struct finding *watch_failure(const struct session *s)
{
    const struct diagnosis *d = diagnosis_of(s);

    return d->primary && d->primary->fatal ? d->primary : NULL;
}

void watch_name(char name[FLEET_NAME_MAX], const struct session *s, enum side side)
{
    struct text claimed;

    if (name[0]) {
        return;
    }
    claimed = words_claimed_name(s, side);
    if (claimed.len && claimed.len < FLEET_NAME_MAX && !memchr(claimed.s, 0, claimed.len)) {
        memcpy(name, claimed.s, claimed.len);
    }
}

void watch_add(struct watch *w, const struct session *s)
{
    w->still_refused = false;
    watch_add_pair(w, s);
    rhythm_add(w->rhythm, s);
    if (!diagnosis_of(s)->probe) {
        watch_add_stations(w, s);
    }
}
