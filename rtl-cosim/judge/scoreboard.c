/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/judge/scoreboard_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/regfile.h"
#include "base/list.h"
#include "system/system.h"

/* ---- begin and end ------------------------------------------------------------------------------- */

/* The identification registers and what the implementation leaves open are those of a system of this
 * configuration, which is not needed beyond that. */
static int take_registers(struct scoreboard *s, const struct system_config *config, struct diag *d)
{
    struct system *sys = system_new(config, 0, d);
    const struct smmuv3_oracle_view *view;

    if (!sys)
        return -1;
    view = sys->ops->regs(sys);
    s->regs = *view->regs;
    s->view = (struct smmuv3_oracle_view){ .regs = &s->regs, .impl = view->impl };
    system_free(sys);
    return 0;
}

struct scoreboard *scoreboard_new(const struct system_config *config, struct mem *mem, uint32_t caps,
                                  struct verdicts *verdicts, struct diag *d)
{
    struct scoreboard *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->verdicts = verdicts;
    s->mem = mem;
    s->caps = caps;
    if (take_registers(s, config, d) || !(s->oracle = oracle_new(&smmuv3_oracle, &s->view, mem))) {
        scoreboard_free(s);
        return NULL;
    }
    oracle_drains(s->oracle);
    mem_tick(mem);
    return s;
}

void scoreboard_free(struct scoreboard *s)
{
    if (!s)
        return;
    oracle_free(s->oracle);
    board_forget_events(s);
    free(s->command);
    free(s->expected);
    free(s->alternative);
    free(s);
}

void scoreboard_patience(struct scoreboard *s, uint64_t cycles)
{
    s->patience = cycles;
}

void scoreboard_cycle(struct scoreboard *s, uint64_t cycle, uint64_t record)
{
    s->cycle = cycle;
    s->record = record;
}

const struct cover *scoreboard_cover(const struct scoreboard *s) { return &s->cover; }
void scoreboard_order(struct scoreboard *s, unsigned order) { s->order = order; }
unsigned scoreboard_under_way(const struct scoreboard *s) { return s->under_way; }
bool scoreboard_has(const struct scoreboard *s, uint32_t id) { return id < BOARD_IDS && s->slot[id]; }

struct verdict *board_verdict(struct scoreboard *s, enum verdict_kind kind, int64_t request)
{
    struct verdict *v = verdict_add(s->verdicts, kind, request, s->cycle);

    v->record = s->record;
    return v;
}

void scoreboard_touch(struct scoreboard *s)
{
    mem_tick(s->mem);
    mem_stamp(s->mem, s->cycle);
    s->touches++;
}

/* ---- registers ----------------------------------------------------------------------------------- */

/* Indexes and acknowledgements: no answer depends on them. */
static bool is_of_queues(uint32_t offset)
{
    uint32_t at = offset & 0xfff;

    return at == 0x064 || (at >= 0x098 && at <= 0x09c) || (at >= 0x0a8 && at <= 0x0ac);
}

void scoreboard_register(struct scoreboard *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    bool recorded = FIELD_GET(CR0, EVENTQEN, &s->regs.cr0);
    unsigned effects;

    if (!is_of_queues(offset))
        scoreboard_touch(s);
    effects = smmuv3_regfile_write(&s->regs, offset, value, bytes);
    if (recorded && !FIELD_GET(CR0, EVENTQEN, &s->regs.cr0))
        board_close_events(s);
    if (effects & SMMUV3_EFFECT_EVENTQ && (offset & 0xfff) == 0x0a8)
        board_place_events(s);
    if (effects & SMMUV3_EFFECT_INIT)
        oracle_forget(s->oracle);
    if (effects & SMMUV3_EFFECT_ACK)
        smmuv3_regfile_ack(&s->regs);
    if (!is_of_queues(offset))         /* these the log has as commands and records */
        board_log(s, LOG_REGISTER, 0, NULL, offset, value, NULL);
}

void scoreboard_register_differs(struct scoreboard *s, uint32_t offset, uint32_t expected, uint32_t found)
{
    struct verdict *v = board_verdict(s, VERDICT_REGISTER, NO_REQUEST);

    snprintf(v->expected, sizeof v->expected, "register 0x%" PRIx32 " = 0x%08" PRIx32, offset, expected);
    snprintf(v->found, sizeof v->found, "0x%08" PRIx32, found);
}

void scoreboard_reset(struct scoreboard *s)
{
    scoreboard_touch(s);
    smmuv3_regfile_reset(&s->regs);
    oracle_forget(s->oracle);
    board_reset_queues(s);
    board_log(s, LOG_RESET, 0, NULL, 0, 0, NULL);
}

const struct smmuv3_oracle_view *scoreboard_view(const struct scoreboard *s) { return &s->view; }

/* ---- requests ------------------------------------------------------------------------------------ */

static struct board_pending *free_pending(struct scoreboard *s)
{
    while (s->pending[s->free_hint % BOARD_PENDING].used)
        s->free_hint++;
    return &s->pending[s->free_hint++ % BOARD_PENDING];
}

static void link_youngest(struct scoreboard *s, struct board_pending *p)
{
    uint16_t place = (uint16_t)(p - s->pending + 1);

    *(s->youngest ? &s->pending[s->youngest - 1].younger : &s->oldest) = place;
    p->older = s->youngest;
    s->youngest = place;
    s->slot[p->id % BOARD_IDS] = place;
    s->under_way++;
}

static void unlink_pending(struct scoreboard *s, struct board_pending *p)
{
    *(p->older ? &s->pending[p->older - 1].younger : &s->oldest) = p->younger;
    *(p->younger ? &s->pending[p->younger - 1].older : &s->youngest) = p->older;
    p->used = false;
}

void scoreboard_request(struct scoreboard *s, const struct cosim_req *req, uint64_t request)
{
    struct board_pending *p = free_pending(s);

    *p = (struct board_pending){
        .used = true, .id = req->id, .request = request, .record = s->record, .issued = s->cycle,
        .since = mem_epoch(s->mem), .touches = s->touches, .invals = s->invals, .beside = s->under_way,
        .req = { .addr = req->addr, .sid = req->sid, .ssid = req->ssid, .has_ssid = req->has_ssid,
                 .write = req->write, .exec = req->exec, .priv = req->priv },
    };
    link_youngest(s, p);
    COVER_COUNT(&s->cover, SUBSTREAM, req->has_ssid);
    board_log(s, LOG_REQUEST, request, &req->sid, req->addr, board_flags(req), NULL);
}

/* ---- is an answer legal? ------------------------------------------------------------------------- */

static bool went_out(const struct cosim_rsp *rsp) { return rsp->outcome == COSIM_OK || rsp->outcome == COSIM_BYPASS; }

struct held {
    struct scoreboard *s;
    const struct board_pending *p;
    const struct cosim_rsp *rsp;
    bool any_address, downstream;      /* for reports; OK and BYPASS are not told apart    */
    bool legal, silent;                /* found; one of them leaves no record              */
    bool now, seen;                    /* what tables say now agrees; that has been seen   */
    struct board_expected expected;
};

static bool agrees(const struct held *h, const struct xl_result *legal)
{
    const struct cosim_rsp *rsp = h->rsp;
    bool out = legal->outcome == XL_OK || legal->outcome == XL_BYPASS;

    if (out != went_out(rsp))
        return false;
    if (out)
        return legal->pa == rsp->addr && (h->downstream || (legal->outcome == XL_OK) == (rsp->outcome == COSIM_OK));
    if (!(h->s->caps & COSIM_CAP_FAULTS) || h->downstream)
        return true;
    if (rsp->outcome == COSIM_ABORT && rsp->code == 0)
        return legal->outcome == XL_ABORT || legal->outcome == XL_RAZWI || !legal->recorded;
    return rsp->code == legal->code && (legal->outcome != XL_ABORT || rsp->outcome == COSIM_ABORT);
}

static void add_alternative(struct held *h, const struct xl_result *legal)
{
    struct board_expected *e = &h->expected;
    struct scoreboard *s = h->s;
    uint64_t words[EVENT_WORDS], (*list)[EVENT_WORDS];

    if (!legal->recorded || !FIELD_GET(CR0, EVENTQEN, &s->regs.cr0)) {
        h->silent = true;
        return;
    }
    smmuv3_event_encode(&h->p->req, legal, words);
    for (size_t i = 0; i < e->n; i++)
        if (!memcmp(e->words[i], words, sizeof words))
            return;
    list = list_grow(s->alternative, e->n, &s->alternatives_room, sizeof *list);
    if (!list)
        return;
    e->words = s->alternative = list;
    memcpy(e->words[e->n++], words, sizeof words);
}

/* oracle_legal: an access that went out is right with the first result that agrees; of a fault all are wanted, for
 * its record. */
static bool hold(void *arg, const struct xl_result *legal)
{
    struct held *h = arg;

    bool right = agrees(h, legal);

    h->now |= right && !h->seen;       /* today's comes first */
    h->seen = true;
    if (!right)
        return false;
    h->legal = true;
    if (went_out(h->rsp))
        return true;
    add_alternative(h, legal);
    return false;
}

static bool agrees_ever(void *arg, const struct xl_result *legal) { return agrees(arg, legal); }

static bool was_ever_right(const struct held *h)
{
    struct held again = *h;
    struct oracle_finding f;

    oracle_legal(h->s->oracle, &h->p->req, ORACLE_EVER, agrees_ever, &again, &f);
    return f.verdict != ORACLE_MISMATCH;
}

static enum verdict_kind kind_of(const struct held *h, const struct xl_result *now)
{
    bool out = now->outcome == XL_OK || now->outcome == XL_BYPASS;

    if (was_ever_right(h))
        return VERDICT_STALE;
    if (out && went_out(h->rsp))
        return h->downstream ? VERDICT_DOWNSTREAM : VERDICT_WRONG_ADDRESS;
    if (now->code == SMMUV3_F_PERMISSION && went_out(h->rsp))
        return VERDICT_WRONG_PERMISSION;
    if (out && h->rsp->code == SMMUV3_F_PERMISSION)
        return VERDICT_WRONG_PERMISSION;
    if (went_out(h->rsp))
        return h->downstream ? VERDICT_DOWNSTREAM : VERDICT_MISSING_FAULT;
    return VERDICT_WRONG_FAULT;
}

static void describe_rsp(const struct held *h, char *text, size_t n)
{
    const struct cosim_rsp *rsp = h->rsp;
    const struct smmuv3_event_row *row = smmuv3_event_find(rsp->code);
    static const char *const outcome[] = { "none", "ok", "bypass", "abort", "fault" };
    const char *word = rsp->outcome < 5 ? outcome[rsp->outcome] : "?";

    if (went_out(rsp))
        snprintf(text, n, "%s 0x%" PRIx64, h->downstream ? "downstream" : word, rsp->addr);
    else
        snprintf(text, n, "%s %s", word, row ? row->name : rsp->code ? "(unknown code)" : "");
}

static void judge_wrong(struct held *h, const struct xl_result *now)
{
    struct verdict *v = board_verdict(h->s, kind_of(h, now), (int64_t)h->p->request);

    v->record = h->p->record;
    v->stage2 = now->code ? now->stage2 : 0;
    v->code = now->code ? now->code : h->rsp->code;
    board_describe_result(now, v->expected, sizeof v->expected);
    describe_rsp(h, v->found, sizeof v->found);
}

static bool judge(struct held *h)
{
    struct scoreboard *s = h->s;
    const struct board_pending *p = h->p;
    struct oracle_finding f;

    h->expected = (struct board_expected){ .request = p->request, .issued = p->issued, .answered = s->cycle,
                                            .record = p->record };
    oracle_legal(s->oracle, &p->req, p->since, hold, h, &f);
    if (!h->legal)
        judge_wrong(h, &f.current);
    board_cover(s, p, h->rsp, &f.current, h->legal, h->now);
    h->expected.optional = h->silent || p->lossy;
    if (h->legal && h->expected.n)
        board_expect_event(s, &h->expected);
    return !h->now || p->touches != s->touches || p->invals != s->invals;
}

/* ---- answers ------------------------------------------------------------------------------------- */

static struct board_pending *pending_of(struct scoreboard *s, uint32_t id)
{
    return id < BOARD_IDS && s->slot[id] ? &s->pending[s->slot[id] - 1] : NULL;
}

static void nobody_asked(struct scoreboard *s, const struct held *h, uint32_t id)
{
    bool again = id < BOARD_IDS && s->last[id];
    struct verdict *v = board_verdict(s, again ? VERDICT_DUPLICATE : VERDICT_UNASKED,
                                      again ? (int64_t)s->last[id] - 1 : NO_REQUEST);

    snprintf(v->expected, sizeof v->expected, "no answer with id %" PRIu32, id);
    describe_rsp(h, v->found, sizeof v->found);
}

static void check_order(struct scoreboard *s, const struct board_pending *p)
{
    struct verdict *v;

    if (!(s->caps & COSIM_CAP_REORDERS) && p->request != s->next_in_order) {
        v = board_verdict(s, VERDICT_ORDER, (int64_t)p->request);
        snprintf(v->expected, sizeof v->expected, "the answer to request %" PRIu64, s->next_in_order);
        snprintf(v->found, sizeof v->found, "that to request %" PRIu64, p->request);
    }
    s->next_in_order = p->request + 1;
}

static struct scoreboard_answer answer(struct scoreboard *s, const struct cosim_rsp *rsp, bool downstream)
{
    struct board_pending *p = pending_of(s, rsp->id);
    struct held h = { .s = s, .p = p, .rsp = rsp, .downstream = downstream };
    struct scoreboard_answer a = { 0 };

    if (!p) {
        nobody_asked(s, &h, rsp->id);
        return a;
    }
    board_log(s, LOG_RESPONSE, p->request, &p->req.sid, 0, 0, rsp);
    check_order(s, p);
    a = (struct scoreboard_answer){ .known = true, .request = p->request, .issued = p->issued, .record = p->record };
    s->slot[rsp->id] = 0;
    s->last[rsp->id] = p->request + 1;
    s->under_way--;
    a.raced = judge(&h);
    a.wrong = !h.legal;
    unlink_pending(s, p);
    return a;
}

struct scoreboard_answer scoreboard_response(struct scoreboard *s, const struct cosim_rsp *rsp)
{
    return answer(s, rsp, false);
}

struct scoreboard_answer scoreboard_downstream(struct scoreboard *s, const struct cosim_down *down)
{
    struct cosim_rsp rsp = { .valid = true, .id = down->id, .addr = down->addr,
                             .outcome = down->refused ? COSIM_ABORT : COSIM_OK };

    return answer(s, &rsp, true);
}

/* ---- the end ------------------------------------------------------------------------------------- */

void scoreboard_never_answered(struct scoreboard *s, bool idle)
{
    const struct board_pending *oldest = board_at(s, s->oldest);
    struct verdict *v;

    if (!oldest)
        return;
    v = board_verdict(s, idle ? VERDICT_LOST : VERDICT_HANG, (int64_t)oldest->request);
    v->record = oldest->record;
    snprintf(v->expected, sizeof v->expected, "an answer");
    snprintf(v->found, sizeof v->found, "none for %" PRIu64 " cycles%s, %u requests under way",
             s->cycle - oldest->issued, idle ? ", the design is idle" : "", s->under_way);
}

bool scoreboard_oldest(const struct scoreboard *s, uint64_t *issued)
{
    const struct board_pending *oldest = board_at(s, s->oldest);

    if (oldest)
        *issued = oldest->issued;
    return oldest != NULL;
}

bool board_could_be_early(const struct scoreboard *s, const uint64_t words[EVENT_WORDS])
{
    uint32_t sid = (uint32_t)FIELD_GET(EVENT, SID, words);

    for (const struct board_pending *p = board_at(s, s->oldest); p; p = board_at(s, p->younger))
        if (p->req.sid == sid)
            return true;
    return false;
}
