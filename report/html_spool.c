/* html_spool.c - what the HTML page keeps of sessions while they pass.
 *
 * Of every finding id the first ROWS_SURE sessions are kept, and every one that took longer to fail
 * than all before it; of the others every stride-th, the stride doubling whenever KEPT_EASY are
 * reached. A session is drawn when no other of the same finding between the same two addresses was,
 * or none of those was captured whole; so that every group of the page has a representative: its
 * earliest session captured whole. Drawings are bounded too: HTML_DRAWN_MAX, of which a rare
 * finding finds some free.
 */
#include "report/html_spool.h"

#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/html_session.h"
#include "report/ladder.h"
#include "report/words.h"

enum { ROWS_SURE = 20, KEPT_MAX = 12000, KEPT_EASY = 4000, DRAWN_SURE = 8, DRAWN_EASY = 400 };

bool html_spool_init(struct html_spool *spool, struct fail *fail)
{
    *spool = (struct html_spool){0};
    spool->file = tmpfile();
    if (!spool->file) {
        return fail_set(fail, STATUS_NOT_WRITTEN,
                        "cannot create a temporary file for the HTML report");
    }
    return true;
}

void html_spool_free(struct html_spool *spool)
{
    if (spool->file) {
        fclose(spool->file);
    }
    for (size_t i = 0; i < spool->slow_count; i++) {
        free(spool->slow_text[i]);
    }
    free(spool->kept);
    *spool = (struct html_spool){0};
}

/* --- keeping --- */

static bool same_ends(const struct html_kept *k, const struct session *s)
{
    return address_equal(&k->end[SIDE_CLIENT].address, &s->end[SIDE_CLIENT].address) &&
           address_equal(&k->end[SIDE_SERVER].address, &s->end[SIDE_SERVER].address);
}

static struct html_tally *tally_of(struct html_spool *spool, const char *id)
{
    struct html_tally *t;

    for (size_t i = 0; i < spool->tally_count; i++) {
        if (!strcmp(spool->tally[i].id, id)) {
            return &spool->tally[i];
        }
    }
    if (spool->tally_count == HTML_TALLIES) {
        return &spool->tally[HTML_TALLIES - 1];
    }
    t = &spool->tally[spool->tally_count++];
    words_put(t->id, sizeof t->id, "%s", spool->tally_count < HTML_TALLIES ? id : "");
    t->stride = 1;
    return t;
}

/* No drawing of this finding between these two addresses stands for the group yet. */
static bool wants_drawing(const struct html_spool *spool, const struct session *s,
                          const struct html_tally *tally)
{
    bool whole = diagnosis_of(s)->capture == CAPTURE_FULL;

    if (spool->drawn_count == HTML_DRAWN_MAX || tally->drawn < DRAWN_SURE) {
        return spool->drawn_count < HTML_DRAWN_MAX;
    }
    if (spool->drawn_count >= DRAWN_EASY) {
        return false;
    }
    for (size_t i = 0; i < spool->drawn_count; i++) {
        const struct html_kept *k = &spool->kept[spool->drawn[i]];
        if (same_ends(k, s) && k->tally == tally && (k->whole || !whole)) {
            return false;
        }
    }
    return true;
}

static struct html_kept *next_kept(struct html_spool *spool)
{
    if (spool->count == spool->room) {
        size_t room = spool->room ? spool->room * 2 : 64;
        struct html_kept *grown = realloc(spool->kept, room * sizeof *grown);
        if (!grown) {
            return NULL;
        }
        spool->kept = grown;
        spool->room = room;
    }
    return &spool->kept[spool->count++];
}

/* Every other of the rows of the finding that has most of them goes, the sure ones aside. */
static bool thin_out(struct html_spool *spool)
{
    struct html_tally *most = &spool->tally[0];
    size_t left = 0, before = spool->count;

    for (size_t i = 1; i < spool->tally_count; i++) {
        most = spool->tally[i].kept > most->kept ? &spool->tally[i] : most;
    }
    most->stride *= 2;
    spool->drawn_count = 0;
    for (size_t i = 0; i < spool->count; i++) {
        const struct html_kept *k = &spool->kept[i];
        if (k->tally == most && !k->sure && k->nth % most->stride != 0) {
            most->kept--;
            continue;
        }
        if (k->drawn) {
            spool->drawn[spool->drawn_count++] = left;
        }
        spool->kept[left++] = *k;
    }
    spool->count = left;
    return left < before;
}

static void describe(struct html_kept *k, const struct session *s)
{
    *k = (struct html_kept){
        .id = s->id,
        .start_ns = s->first.time_ns,
        .band = chart_band(s),
        .whole = diagnosis_of(s)->capture == CAPTURE_FULL,
        .end = {s->end[SIDE_CLIENT], s->end[SIDE_SERVER]},
    };
}

/* Writes the pieces one behind the other, noting their lengths. */
static void put_pieces(FILE *out, struct html_kept *k, const struct settings *settings,
                       const struct session *s, bool draw)
{
    long at = ftell(out);

    for (enum html_piece piece = 0; piece < PIECES; piece++) {
        long end;
        if (piece == PIECE_ROW) {
            html_session_row(out, settings, s, k->band);
        } else if (draw && piece == PIECE_TITLE) {
            html_session_title(out, settings, s);
        } else if (draw && piece == PIECE_BAR) {
            ladder_phase_bar(out, settings, s, "");
        } else if (draw && piece == PIECE_LADDER) {
            ladder_svg(out, settings, s);
        } else if (draw && piece == PIECE_ASIDE) {
            html_session_aside(out, settings, s);
        }
        end = ftell(out);
        k->len[piece] = end > at ? (uint32_t)(end - at) : 0;
        at = end;
    }
    k->drawn = draw;
}

static void forget_slowest(struct html_spool *spool)
{
    for (size_t i = 0; i < spool->slow_count; i++) {
        free(spool->slow_text[i]);
    }
    spool->slow_count = 0;
}

/* Whether this session is one of those kept whatever comes. Counts it. */
static bool is_sure(struct html_tally *tally, const struct session *s, const struct finding *lead)
{
    int64_t failed_ns = lead ? html_session_failed_ns(s, lead) : 0;
    bool longest = failed_ns > tally->longest_ns;

    tally->longest_ns = longest ? failed_ns : tally->longest_ns;
    return ++tally->seen <= ROWS_SURE || longest;
}

static void add_flagged(struct html_spool *spool, const struct settings *settings,
                        const struct session *s)
{
    const struct finding *lead = html_session_lead(s);
    struct html_tally *tally = tally_of(spool, lead ? lead->id : "");
    bool draw = wants_drawing(spool, s, tally);
    bool sure = is_sure(tally, s, lead) || draw;
    struct html_kept *k;

    if (!spool->flagged++) {
        forget_slowest(spool);
    }
    spool->flagged_in[chart_band(s)]++;
    if (spool->failed || (!sure && tally->seen % tally->stride != 0) ||
        (spool->count >= KEPT_EASY && !thin_out(spool) && !sure) || spool->count >= KEPT_MAX ||
        !(k = next_kept(spool))) {
        return;
    }
    describe(k, s);
    k->at = spool->at;
    k->tally = tally;
    k->nth = tally->seen;
    k->sure = sure;
    tally->kept++;
    if (draw) {
        tally->drawn++;
        spool->drawn[spool->drawn_count++] = spool->count - 1;
    }
    put_pieces(spool->file, k, settings, s, draw);
    for (int i = 0; i < PIECES; i++) {
        spool->at += k->len[i];
    }
    spool->failed = ferror(spool->file) != 0;
}

/* Keeps the slowest; they matter only when nothing is flagged. */
static void add_slow(struct html_spool *spool, const struct settings *settings,
                     const struct session *s)
{
    int64_t slow_ns = (int64_t)(diagnosis_of(s)->slowest_reply_s * 1e9);
    size_t at = spool->slow_count, len = 0;
    char *text = NULL;
    FILE *memory;

    while (at > 0 && slow_ns > spool->slow[at - 1].slow_ns) {
        at--;
    }
    if (at == HTML_SLOWEST || !(memory = open_memstream(&text, &len))) {
        return;
    }
    if (spool->slow_count == HTML_SLOWEST) {
        free(spool->slow_text[--spool->slow_count]);
    }
    memmove(&spool->slow[at + 1], &spool->slow[at],
            (spool->slow_count - at) * sizeof spool->slow[0]);
    memmove(&spool->slow_text[at + 1], &spool->slow_text[at],
            (spool->slow_count - at) * sizeof spool->slow_text[0]);
    describe(&spool->slow[at], s);
    spool->slow[at].slow_ns = slow_ns;
    put_pieces(memory, &spool->slow[at], settings, s, true);
    fclose(memory);
    spool->slow_text[at] = text;
    spool->slow_count++;
}

void html_spool_add(struct html_spool *spool, const struct settings *settings,
                    const struct session *s)
{
    if (diagnosis_of(s)->flagged) {
        add_flagged(spool, settings, s);
    } else if (!spool->flagged) {
        add_slow(spool, settings, s);
    }
}

/* --- reading back --- */

static uint64_t piece_at(const struct html_kept *k, enum html_piece piece)
{
    uint64_t at = 0;

    for (int i = 0; i < (int)piece; i++) {
        at += k->len[i];
    }
    return at;
}

void html_spool_put(struct html_spool *spool, const struct html_kept *k, enum html_piece piece,
                    FILE *out)
{
    uint64_t at = piece_at(k, piece), left = k->len[piece];
    char buffer[8192];

    if (k >= spool->slow && k < spool->slow + HTML_SLOWEST) {
        const char *text = spool->slow_text[k - spool->slow];
        fwrite(text + at, 1, left, out);
        return;
    }
    if (fseeko(spool->file, (off_t)(k->at + at), SEEK_SET) != 0) {
        spool->failed = true;
        return;
    }
    while (left) {
        size_t n = fread(buffer, 1, left < sizeof buffer ? left : sizeof buffer, spool->file);
        if (!n) {
            spool->failed = true;
            return;
        }
        fwrite(buffer, 1, n, out);
        left -= n;
    }
}

const struct html_kept *html_spool_find(const struct html_spool *spool, uint64_t id)
{
    for (size_t i = 0; i < spool->count; i++) {
        if (spool->kept[i].id == id) {
            return &spool->kept[i];
        }
    }
    for (size_t i = 0; i < spool->slow_count; i++) {
        if (spool->slow[i].id == id) {
            return &spool->slow[i];
        }
    }
    return NULL;
}
