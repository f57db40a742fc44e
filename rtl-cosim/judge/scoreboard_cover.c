/* SPDX-License-Identifier: Apache-2.0
 *
 * What the scoreboard counts of situations [cover.h]: by what the architecture's own walk through today's tables meets,
 * and by what passes the ports.
 */
#include <string.h>

#include "arch/smmuv3/cmd.h"
#include "rtl-cosim/judge/scoreboard_impl.h"

enum { MANY = 8 };

/* ---- the walk ------------------------------------------------------------------------------------ */

/* Leaves are levels of the tables; -1: the stage did not take part. */
struct way { int s1, s2; bool levels_st, cd, levels_cd; };

static void note_question(void *arg, const struct oracle_question *q, const uint64_t *words)
{
    struct way *w = arg;

    (void)words;
    w->levels_st |= !strcmp(q->name, "L1STD");
    w->levels_cd |= !strcmp(q->name, "L1CD");
    w->cd |= !strcmp(q->name, "CD");
    if (q->name[0] == 'S' && q->name[2] == 'L')
        *(q->name[1] == '1' ? &w->s1 : &w->s2) = q->name[3] == '-' ? 0 : q->name[3] - '0';
}

/* The last question of each stage is the leaf of the output. */
static struct way walk(const struct scoreboard *s, const struct xl_req *req)
{
    struct way w = { -1, -1, false, false, false };
    struct xl_result res;

    oracle_walk(s->oracle, req, note_question, &w, &res);
    return w;
}

static unsigned kind_of(const struct way *w)
{
    if (w->s1 < 0)
        return w->s2 < 0 ? COVER_BYPASSES : COVER_S2;
    return w->s2 < 0 ? COVER_S1 : COVER_NESTED;
}

static unsigned leaf_of(int level) { return level > 0 && level < 4 ? (unsigned)(3 - level) : COVER_LEAF_N; }

/* ---- answers ------------------------------------------------------------------------------------- */

static void cover_leaves(struct cover *c, const struct way *w, const struct xl_req *req, const struct cosim_rsp *rsp)
{
    unsigned one = leaf_of(w->s1), two = leaf_of(w->s2), smaller = one < two ? one : two;
    unsigned cached = rsp->trail.merged ? COVER_MERGED : rsp->trail.tlb_hit ? COVER_HIT : COVER_MISS;

    if (smaller == COVER_LEAF_N)
        return;
    COVER_HIT(c, REUSE, cached, smaller);
    if (w->s1 >= 0)
        COVER_HIT(c, HALVES, w->s2 < 0 ? COVER_STAGE_1 : COVER_STAGE_2, req->addr >> 63 ? COVER_UPPER : COVER_LOWER);
    if (one == COVER_LEAF_N || two == COVER_LEAF_N)
        COVER_HIT(c, LEAF, one == COVER_LEAF_N ? COVER_STAGE_2 : COVER_STAGE_1, smaller);
    else
        COVER_HIT(c, LEAVES, one, two);
}

static void cover_fault(struct cover *c, const struct way *w, const struct xl_req *req, const struct xl_result *now)
{
    static const uint8_t fault[] = {
        [SMMUV3_F_TRANSLATION] = 1 + COVER_F_TRANSLATION, [SMMUV3_F_ADDR_SIZE] = 1 + COVER_F_ADDR_SIZE,
        [SMMUV3_F_ACCESS] = 1 + COVER_F_ACCESS, [SMMUV3_F_PERMISSION] = 1 + COVER_F_PERMISSION,
        [SMMUV3_F_WALK_EABT] = 1 + COVER_F_WALK_EABT,
    };
    static const uint8_t bad[] = {
        [SMMUV3_C_BAD_STREAMID] = 1 + COVER_C_BAD_STREAMID, [SMMUV3_F_STE_FETCH] = 1 + COVER_F_STE_FETCH,
        [SMMUV3_C_BAD_STE] = 1 + COVER_C_BAD_STE, [SMMUV3_F_STREAM_DISABLED] = 1 + COVER_F_STREAM_DISABLED,
        [SMMUV3_C_BAD_SUBSTREAMID] = 1 + COVER_C_BAD_SUBSTREAMID, [SMMUV3_F_CD_FETCH] = 1 + COVER_F_CD_FETCH,
        [SMMUV3_C_BAD_CD] = 1 + COVER_C_BAD_CD,
    };
    bool nested = now->stage2 ? w->cd : w->s2 >= 0;
    unsigned at = !now->stage2 ? (nested ? COVER_AT_NESTED_S1 : COVER_AT_S1)
                : now->cls == EVENT_CLASS_CD ? COVER_AT_CD : now->cls == EVENT_CLASS_TT ? COVER_AT_TABLE
                : nested ? COVER_AT_NESTED_S2 : COVER_AT_S2;

    if (now->code < sizeof fault && fault[now->code])
        COVER_HIT(c, FAULTS, fault[now->code] - 1u, at);
    if (now->code < sizeof bad && bad[now->code])
        COVER_HIT(c, BADS, bad[now->code] - 1u, req->has_ssid ? COVER_WITH : COVER_WITHOUT);
}

static void cover_out(struct cover *c, const struct way *w, const struct xl_req *req, const struct cosim_rsp *rsp)
{
    unsigned kind = kind_of(w);

    COVER_HIT(c, DONE, kind, req->write ? COVER_WRITES : req->exec ? COVER_FETCHES : COVER_READS);
    COVER_HIT(c, RIGHTS, kind, req->priv ? COVER_PRIVILEGED : COVER_USER);
    COVER_HIT(c, SETUP, rsp->trail.cfg_reads ? COVER_CONFIG_MISS : COVER_CONFIG_HIT, kind);
    COVER_HIT(c, FORMATS, w->levels_st ? COVER_ST_LEVELS : COVER_ST_LINEAR,
              !w->cd ? COVER_CD_NONE : w->levels_cd ? COVER_CD_LEVELS : COVER_CD_LINEAR);
    cover_leaves(c, w, req, rsp);
}

void board_cover(struct scoreboard *s, const struct board_pending *p, const struct cosim_rsp *rsp,
                 const struct xl_result *now, bool legal, bool current)
{
    bool out = rsp->outcome == COSIM_OK || rsp->outcome == COSIM_BYPASS;
    unsigned race = (p->touches != s->touches ? 1u : 0) | (p->invals != s->invals ? 2u : 0), kind;
    struct cover *c = &s->cover;
    struct way w;

    COVER_HIT(c, ORDERS, s->order, race);
    COVER_COUNT(c, ABORT, rsp->outcome == COSIM_ABORT);
    COVER_COUNT(c, OLD_VALUE, legal && !current && p->touches == s->touches);
    if (legal) {
        w = walk(s, &p->req);
        kind = kind_of(&w);
        COVER_HIT(c, RACES, race, kind);
        COVER_HIT(c, AGES, current ? COVER_TODAYS : COVER_OLD, kind);
        COVER_HIT(c, PLACES, p->request + 1 < s->last_answered ? COVER_OVERTAKEN : COVER_IN_ORDER, kind);
        COVER_HIT(c, CROWD, p->beside >= MANY ? COVER_MANY : p->beside ? COVER_FEW : COVER_ALONE, kind);
        if (current && out)
            cover_out(c, &w, &p->req, rsp);
        else if (current)
            cover_fault(c, &w, &p->req, now);
    }
    if (p->request >= s->last_answered)
        s->last_answered = p->request + 1;
}

/* ---- commands ------------------------------------------------------------------------------------ */

static unsigned command_of(const struct smmuv3_cmd *c)
{
    switch (c->op) {
    case SMMUV3_CMD_CFGI_STE:       return COVER_CFGI_STE;
    case SMMUV3_CMD_CFGI_STE_RANGE: return COVER_CFGI_RANGE;
    case SMMUV3_CMD_CFGI_CD:        return COVER_CFGI_CD;
    case SMMUV3_CMD_CFGI_CD_ALL:    return COVER_CFGI_CD_ALL;
    case SMMUV3_CMD_TLBI_NH_ALL:    return COVER_NH_ALL;
    case SMMUV3_CMD_TLBI_NH_ASID:   return COVER_NH_ASID;
    case SMMUV3_CMD_TLBI_NH_VA:     return c->ranged ? COVER_NH_VA_RANGE : COVER_NH_VA;
    case SMMUV3_CMD_TLBI_NH_VAA:    return c->ranged ? COVER_NH_VAA_RANGE : COVER_NH_VAA;
    case SMMUV3_CMD_TLBI_S12_VMALL: return COVER_VMALL;
    case SMMUV3_CMD_TLBI_S2_IPA:    return c->ranged ? COVER_IPA_RANGE : COVER_IPA;
    case SMMUV3_CMD_TLBI_NSNH_ALL:  return COVER_NSNH_ALL;
    case SMMUV3_CMD_SYNC:           return COVER_CMD_SYNC;
    default:                        return COVER_COMMAND_N;
    }
}

void scoreboard_doorbell(struct scoreboard *s, unsigned phases)
{
    for (; s->rung < s->given; s->rung++) {
        struct smmuv3_cmd c;
        unsigned command = COVER_COMMAND_N;

        if (s->rung >= s->told && !smmuv3_cmd_decode(&s->regs, s->command[s->rung - s->told].words, &c))
            command = command_of(&c);
        for (unsigned phase = 0; phase < COVER_PHASE_N && command < COVER_COMMAND_N; phase++)
            if (phases >> phase & 1)
                COVER_HIT(&s->cover, COMMANDS, command, phase);
    }
}
