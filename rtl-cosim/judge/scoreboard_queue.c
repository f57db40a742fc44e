/* SPDX-License-Identifier: Apache-2.0
 *
 * The scoreboard's view of both queues: commands and when what they invalidate has to be gone, event records and
 * what else the design writes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/regfile.h"
#include "base/list.h"
#include "base/sim.h"
#include "rtl-cosim/judge/scoreboard_impl.h"

/* ---- commands ------------------------------------------------------------------------------------ */

void scoreboard_command(struct scoreboard *s, const uint64_t words[2])
{
    struct board_command *list = list_grow(s->command, s->commands, &s->commands_room, sizeof *list);

    scoreboard_touch(s);
    s->touches--;                      /* nothing that a request reads */
    if (!list)
        return;
    s->command = list;
    s->command[s->commands++] = (struct board_command){ { words[0], words[1] }, mem_epoch(s->mem), s->cycle };
    s->given++;
    s->invals++;
    board_log(s, LOG_COMMAND, s->given - 1, NULL, words[0], words[1], NULL);
}

/* The SYNC behind it has completed. */
static void tell_oracle(struct scoreboard *s, const struct board_command *b)
{
    struct oracle_inval inv;
    struct smmuv3_cmd c;

    if (smmuv3_cmd_decode(&s->regs, b->words, &c) || !smmuv3_oracle_inval(&c, &inv))
        return;
    oracle_invalidated_since(s->oracle, &inv, b->given);
}

static void synced(struct scoreboard *s, size_t up_to)
{
    mem_tick(s->mem);
    s->invals++;
    COVER_COUNT(&s->cover, SYNC, 1);
    for (size_t i = 0; i < up_to; i++)
        tell_oracle(s, &s->command[i]);
    s->commands -= up_to;
    s->told += up_to;
    memmove(s->command, s->command + up_to, s->commands * sizeof *s->command);
    board_log(s, LOG_INVALIDATED, s->told, NULL, up_to, 0, NULL);
}

static void not_reported(struct scoreboard *s, const struct board_command *b, unsigned code)
{
    struct verdict *v = board_verdict(s, VERDICT_COMMAND, NO_REQUEST);

    snprintf(v->expected, sizeof v->expected, "error %u of command %016" PRIx64 " %016" PRIx64, code, b->words[0],
             b->words[1]);
    snprintf(v->found, sizeof v->found, "consumed");
}

static void consume_one(struct scoreboard *s)
{
    const struct board_command *b = &s->command[s->consumed - s->told];
    struct smmuv3_cmd c;
    unsigned code = smmuv3_cmd_decode(&s->regs, b->words, &c);

    if (code)
        not_reported(s, b, code);
    s->consumed++;
    if (!code && c.op == SMMUV3_CMD_SYNC)
        synced(s, s->consumed - s->told);
}

void scoreboard_consumed(struct scoreboard *s, uint64_t commands)
{
    struct verdict *v;

    if (commands > s->given) {
        v = board_verdict(s, VERDICT_COMMAND, NO_REQUEST);
        snprintf(v->expected, sizeof v->expected, "at most %" PRIu64 " commands consumed", s->given);
        snprintf(v->found, sizeof v->found, "%" PRIu64, commands);
        commands = s->given;
    }
    while (s->consumed < commands)
        consume_one(s);
}

void scoreboard_command_error(struct scoreboard *s, unsigned code)
{
    struct board_command *b = s->consumed < s->given ? &s->command[s->consumed - s->told] : NULL;
    struct smmuv3_cmd c;
    unsigned legal = b ? smmuv3_cmd_decode(&s->regs, b->words, &c) : CERROR_NONE;
    struct verdict *v;

    COVER_COUNT(&s->cover, COMMAND_ERROR, 1);
    if (code != legal) {
        v = board_verdict(s, VERDICT_COMMAND, NO_REQUEST);
        v->code = (uint8_t)code;
        snprintf(v->expected, sizeof v->expected, "error %u of command %016" PRIx64 " %016" PRIx64, legal,
                 b ? b->words[0] : 0, b ? b->words[1] : 0);
        snprintf(v->found, sizeof v->found, "error %u", code);
    }
    if (b)                             /* as software repairs it */
        smmuv3_cmd_encode(&(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC }, b->words);
}

/* ---- event records ------------------------------------------------------------------------------- */

/* No record comes before the request. */
static bool takes(const struct board_expected *e, const struct board_record *r)
{
    for (size_t i = 0; i < e->n && e->issued <= r->cycle; i++)
        if (!memcmp(e->words[i], r->words, sizeof e->words[i]))
            return true;
    return false;
}

static void drop_expected(struct scoreboard *s, size_t i)
{
    s->n_found -= s->expected[i].found;
    free(s->expected[i].words);
    memmove(s->expected + i, s->expected + i + 1, (--s->n_expected - i) * sizeof *s->expected);
}

/* Of faults that leave the same record, first one that has to. */
static struct board_expected *still_to_come(struct scoreboard *s, const struct board_record *r)
{
    struct board_expected *best = NULL;

    for (size_t i = 0; i < s->n_expected && (!best || best->optional); i++) {
        struct board_expected *e = &s->expected[i];

        if (!e->found && !(best && e->optional) && takes(e, r))
            best = e;
    }
    return best;
}

/* A record becomes that of a fault; one that has another may have to pass that on. */
static bool place_one(struct scoreboard *s, const struct board_record *r)
{
    struct board_expected *e = still_to_come(s, r);

    if (e) {
        e->found = true;
        e->by = *r;
        s->n_found++;
        return true;
    }
    for (size_t i = 0; i < s->n_expected; i++) {
        e = &s->expected[i];
        if (!e->found || e->tried || !takes(e, r))
            continue;
        e->tried = true;
        if (place_one(s, &e->by)) {
            e->by = *r;
            return true;
        }
    }
    return false;
}

/* A fault that has to have one takes the record of one that need not. */
static bool claim_one(struct scoreboard *s, struct board_expected *e)
{
    for (size_t i = 0; i < s->n_expected; i++) {
        struct board_expected *other = &s->expected[i];
        struct board_record r = other->by;

        if (!other->found || other->tried || !takes(e, &r))
            continue;
        other->tried = true;
        if (!other->optional && !claim_one(s, other))
            continue;
        other->found = !other->optional;
        e->found = true;
        e->by = r;
        return true;
    }
    return false;
}

static void try_anew(struct scoreboard *s)
{
    for (size_t i = 0; i < s->n_expected; i++)
        s->expected[i].tried = false;
}

static bool place(struct scoreboard *s, const struct board_record *r)
{
    try_anew(s);
    return place_one(s, r);
}

static bool claim(struct scoreboard *s, struct board_expected *e)
{
    try_anew(s);
    return claim_one(s, e);
}

static size_t found_first(const struct scoreboard *s)
{
    size_t first = s->n_expected;

    for (size_t i = 0; i < s->n_expected; i++)
        if (s->expected[i].found && (first == s->n_expected || s->expected[i].by.cycle < s->expected[first].by.cycle))
            first = i;
    return first;
}

/* Those whose record came first are settled. */
static void forget_found(struct scoreboard *s)
{
    for (size_t i; s->n_found > BOARD_FOUND && (i = found_first(s)) < s->n_expected; )
        drop_expected(s, i);
}

static void place_early(struct scoreboard *s)
{
    for (unsigned i = 0; i < s->n_early; )
        if (place(s, &s->early[i]))
            memmove(s->early + i, s->early + i + 1, (--s->n_early - i) * sizeof s->early[0]);
        else
            i++;
}

/* Records that need not have come, and have not. */
static void forget_late(struct scoreboard *s)
{
    size_t kept = 0;

    if (!s->patience || s->cycle < s->next_look)
        return;
    s->next_look = s->cycle + s->patience / 4;
    for (size_t i = 0; i < s->n_expected; i++) {
        struct board_expected *e = &s->expected[i];

        if (e->optional && !e->found && s->cycle - e->answered > s->patience)
            free(e->words);
        else
            s->expected[kept++] = *e;
    }
    s->n_expected = kept;
}

void board_expect_event(struct scoreboard *s, const struct board_expected *e)
{
    struct board_expected *list = list_grow(s->expected, s->n_expected, &s->expected_room, sizeof *list), *last;
    uint64_t (*words)[EVENT_WORDS] = malloc(e->n * sizeof *words);

    s->expected = list ? list : s->expected;
    if (!list || !words) {
        free(words);
        return;
    }
    memcpy(words, e->words, e->n * sizeof *words);
    forget_late(s);
    last = &s->expected[s->n_expected++];
    *last = *e;
    last->words = words;
    place_early(s);
    if (!last->found && !last->optional)
        claim(s, last);
    forget_found(s);
}

/* The one whose fault it is most likely of: of the same stream, better of the same address. */
static const struct board_expected *nearest(const struct scoreboard *s, const uint64_t words[EVENT_WORDS])
{
    const struct board_expected *best = NULL;

    for (size_t i = 0; i < s->n_expected; i++) {
        const struct board_expected *e = &s->expected[i];

        if (e->found || e->words[0][0] >> 32 != words[0] >> 32)
            continue;
        if (e->words[0][2] == words[2])
            return e;
        if (!best)
            best = e;
    }
    return best;
}

static void unexplained(struct scoreboard *s, const uint64_t words[EVENT_WORDS])
{
    const struct board_expected *e = nearest(s, words);
    struct verdict *v = board_verdict(s, VERDICT_EVENT_RECORD, e ? (int64_t)e->request : NO_REQUEST);

    if (e) {
        v->record = e->record;
        v->code = (uint8_t)FIELD_GET(EVENT, TYPE, e->words[0]);
        v->stage2 = (uint8_t)FIELD_GET(EVENT, S2, e->words[0]);
        board_describe_event(e->words[0], v->expected, sizeof v->expected);
        drop_expected(s, (size_t)(e - s->expected));
    } else {
        snprintf(v->expected, sizeof v->expected, "no record");
    }
    board_describe_event(words, v->found, sizeof v->found);
}

void scoreboard_event(struct scoreboard *s, const uint64_t words[EVENT_WORDS])
{
    uint32_t sid = (uint32_t)FIELD_GET(EVENT, SID, words);
    struct board_record r = { .cycle = s->cycle };

    memcpy(r.words, words, sizeof r.words);
    s->taken++;
    COVER_COUNT(&s->cover, EVENT, 1);
    board_log(s, LOG_EVENT, 0, &sid, words[0], words[2], NULL);
    if (place(s, &r))
        forget_found(s);
    else if (s->n_early < BOARD_EARLY && board_could_be_early(s, words))
        s->early[s->n_early++] = r;
    else
        unexplained(s, words);
}

void scoreboard_overflow(struct scoreboard *s, bool acknowledged)
{
    COVER_COUNT(&s->cover, EVENT_OVERFLOW, !acknowledged);
    for (size_t i = 0; i < s->n_expected; i++)
        s->expected[i].optional = true;
    for (unsigned at = s->oldest; at; at = s->pending[at - 1].younger)
        s->pending[at - 1].lossy = true;
}

void board_forget_events(struct scoreboard *s)
{
    for (size_t i = 0; i < s->n_expected; i++)
        free(s->expected[i].words);
    s->n_expected = s->n_found = 0;
    s->n_early = 0;
}

static void missing(struct scoreboard *s, const struct board_expected *e)
{
    struct verdict *v = board_verdict(s, VERDICT_EVENT_RECORD, (int64_t)e->request);

    v->record = e->record;
    v->code = (uint8_t)FIELD_GET(EVENT, TYPE, e->words[0]);
    v->stage2 = (uint8_t)FIELD_GET(EVENT, S2, e->words[0]);
    board_describe_event(e->words[0], v->expected, sizeof v->expected);
    snprintf(v->found, sizeof v->found, "none");
}

void scoreboard_end(struct scoreboard *s)
{
    for (unsigned i = 0; i < s->n_early; i++)
        unexplained(s, s->early[i].words);
    for (size_t i = 0; i < s->n_expected; i++)
        if (!s->expected[i].found && !s->expected[i].optional && !claim(s, &s->expected[i]))
            missing(s, &s->expected[i]);
    board_forget_events(s);
}

/* ---- writes of the design ------------------------------------------------------------------------ */

static void bad_write(struct scoreboard *s, const struct cosim_aw *aw, const char *expected)
{
    struct verdict *v = board_verdict(s, VERDICT_MEMORY_WRITE, NO_REQUEST);

    snprintf(v->expected, sizeof v->expected, "%s", expected);
    snprintf(v->found, sizeof v->found, "%016" PRIx64 " to 0x%" PRIx64 ", strobe %02x", aw->data, aw->addr, aw->strb);
}

/* Words of a record come in any order, records one after the other. */
void scoreboard_write(struct scoreboard *s, const struct cosim_aw *aw)
{
    struct smmuv3_ring ring = smmuv3_ring_of(&s->regs, s->regs.eventq_base,
                                             (unsigned)FIELD_GET(IDR1, EVENTQS, &s->regs.idr1), EVENT_BYTES);
    uint64_t entry = ring.base + (s->written & ((1ull << ring.log2) - 1)) * EVENT_BYTES;
    uint64_t word = (aw->addr - entry) / 8;

    if (s->closing) {
        return;
    } else if (!FIELD_GET(CR0, EVENTQEN, &s->regs.cr0)) {
        bad_write(s, aw, "no write: the event queue is off");
    } else if (aw->addr < entry || word >= EVENT_WORDS || aw->addr & 7 || aw->strb != 0xff) {
        char text[VERDICT_TEXT];

        snprintf(text, sizeof text, "8 bytes of the event record at 0x%" PRIx64, entry);
        bad_write(s, aw, text);
    } else if (s->written - s->taken >= 1ull << ring.log2) {
        bad_write(s, aw, "no write: the event queue is full");
    } else if ((s->words_written |= 1u << word) == (1u << EVENT_WORDS) - 1) {
        s->words_written = 0;
        s->written++;
    }
}

void board_close_events(struct scoreboard *s)
{
    s->closing = true;
    board_forget_events(s);
}

void scoreboard_acknowledged(struct scoreboard *s)
{
    s->closing = false;
}

void board_place_events(struct scoreboard *s)
{
    s->written = s->taken = FIELD_GET(OUTQ_PROD, WR, &s->regs.eventq_prod);
    s->words_written = 0;
}

void board_reset_queues(struct scoreboard *s)
{
    s->commands = 0;
    s->given = s->rung = s->consumed = s->told = 0;
    s->written = s->taken = 0;
    s->words_written = 0;
    board_forget_events(s);
}
