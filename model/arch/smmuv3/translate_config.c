/* SPDX-License-Identifier: Apache-2.0
 *
 * From StreamID and SubstreamID to a configuration: where the STE and the CD are.  [SMMUv3 3.3]
 */
#include "arch/smmuv3/translate_impl.h"

static void got_config(struct smmuv3_xl *m)
{
    m->got |= SMMUV3_GOT_CONFIG;
    smmuv3_xl_configured(m);
}

/* Translates the root tables' IPAs one after the other, if the implementation does so here. */
void smmuv3_xl_roots(struct smmuv3_xl *m)
{
    const struct smmuv3_config *c = &m->own_config;

    while (m->root < 2 && c->epd[m->root])
        m->root++;
    if (m->root < 2) {
        smmuv3_xl_select_half(m, c);
        smmuv3_xl_stage2(m, c->tt[m->root].base, EVENT_CLASS_TT, true, ST_ROOT);
        return;
    }
    got_config(m);
}

static void read_cd(struct smmuv3_xl *m, uint64_t address, enum smmuv3_xl_state via, enum smmuv3_xl_state direct,
                    enum smmuv3_q_kind kind, unsigned words)
{
    if (m->config->s2)
        smmuv3_xl_stage2(m, address, EVENT_CLASS_CD, false, via);
    else
        smmuv3_xl_question(m, direct, kind, address, words);
}

/* SubstreamID rules [fact sheet 3.2], then the CD's address. */
static void find_cd(struct smmuv3_xl *m)
{
    struct smmuv3_config *c = &m->own_config;
    uint32_t n = m->req.has_ssid ? m->req.ssid : 0;

    if (m->req.has_ssid && (c->s1cdmax == 0 || n >> c->s1cdmax)) {
        smmuv3_xl_fault_config(m, SMMUV3_C_BAD_SUBSTREAMID, 0);
        return;
    }
    if (c->s1cdmax && m->req.has_ssid && n == 0 && c->s1dss == 2) {
        smmuv3_xl_fault_config(m, SMMUV3_F_STREAM_DISABLED, 0);
        return;
    }
    if (c->s1cdmax && !m->req.has_ssid && c->s1dss != 2) {
        if (c->s1dss != 1) {
            smmuv3_xl_fault_config(m, SMMUV3_F_STREAM_DISABLED, 0);
            return;
        }
        c->s1 = false;                             /* as if Config[0] were 0 */
        c->s1_skipped = true;
        c->config = c->s2 ? STE_S2 : STE_BYPASS;
        got_config(m);
        return;
    }
    if (m->req.type == XL_TRANSLATED) {            /* needs no CD */
        smmuv3_xl_configured(m);
        return;
    }
    if (c->s1cdmax && (c->s1fmt == 1 || c->s1fmt == 2))
        read_cd(m, c->s1ctxptr + 8ull * (n >> (c->s1fmt == 1 ? 6 : 10)), ST_CD_IPA, ST_L1CD,
                SMMUV3_Q_L1CD, 1);
    else
        read_cd(m, c->s1ctxptr + 64ull * n, ST_CD2_IPA, ST_CD, SMMUV3_Q_CD, CD_WORDS);
}

void smmuv3_xl_told_l1cd(struct smmuv3_xl *m, const uint64_t *w)
{
    const struct smmuv3_config *c = m->config;
    unsigned bits = c->s1fmt == 1 ? 6 : 10;
    uint32_t n = m->req.has_ssid ? m->req.ssid : 0;
    uint64_t table;

    if (!w) {
        smmuv3_xl_fault_config(m, SMMUV3_F_CD_FETCH, m->q.pa);
        return;
    }
    table = bits_align_down(FIELD_ADDR(L1CD, L2PTR, w), bits + 6);
    if (!FIELD_GET(L1CD, V, w) || (!c->s2 && table >> smmuv3_oas(m->regs))) {
        smmuv3_xl_fault_config(m, SMMUV3_C_BAD_SUBSTREAMID, 0);
        return;
    }
    read_cd(m, table + 64ull * (n & bits_low(bits)), ST_CD2_IPA, ST_CD, SMMUV3_Q_CD,
            CD_WORDS);
}

void smmuv3_xl_told_cd(struct smmuv3_xl *m, const uint64_t *w)
{
    unsigned code = w ? smmuv3_decode_cd(m->regs, w, &m->own_config) : SMMUV3_F_CD_FETCH;

    if (code)
        smmuv3_xl_fault_config(m, code, w ? 0 : m->q.pa);
    else if (m->config->s2 && m->impl->root_ipa_in_config)
        smmuv3_xl_roots(m);
    else
        got_config(m);
}

void smmuv3_xl_told_ste(struct smmuv3_xl *m, const uint64_t *w)
{
    struct smmuv3_config *c = &m->own_config;
    unsigned code = w ? smmuv3_decode_ste(m->regs, w, c) : SMMUV3_F_STE_FETCH;

    if (code) {
        smmuv3_xl_fault_config(m, code, w ? 0 : m->q.pa);
        return;
    }
    if (!smmuv3_xl_ats_allowed(m))
        return;
    smmuv3_xl_use_overrides(m);
    if (c->config == STE_ABORT)
        got_config(m);
    else if (!c->s1 && m->req.has_ssid)
        smmuv3_xl_fault_config(m, SMMUV3_C_BAD_SUBSTREAMID, 0);
    else if (c->s1)
        find_cd(m);
    else
        got_config(m);
}

static unsigned st_split(const struct smmuv3_regs *r)
{
    unsigned split = (unsigned)FIELD_GET(STRTAB_BASE_CFG, SPLIT, &r->strtab_base_cfg);

    return split == 8 || split == 10 ? split : 6;
}

static bool two_levels(const struct smmuv3_regs *r)
{
    return FIELD_GET(STRTAB_BASE_CFG, FMT, &r->strtab_base_cfg) == 1 && FIELD_GET(IDR0, ST_LEVEL, &r->idr0);
}

/* An address of the stream table beyond OAS is truncated.  [SMMUv3 3.4.3] */
static void read_stream_table(struct smmuv3_xl *m, enum smmuv3_xl_state st, enum smmuv3_q_kind kind,
                              uint64_t address, unsigned words)
{
    smmuv3_xl_question(m, st, kind, address & bits_low(smmuv3_oas(m->regs)), words);
}

/* Where the STE of the StreamID is, or the level 1 descriptor on the way.  [SMMUv3 3.3.1] */
void smmuv3_xl_find_ste(struct smmuv3_xl *m)
{
    const struct smmuv3_regs *r = m->regs;
    unsigned sidsize = (unsigned)FIELD_GET(IDR1, SIDSIZE, &r->idr1);
    unsigned log2 = (unsigned)FIELD_GET(STRTAB_BASE_CFG, LOG2SIZE, &r->strtab_base_cfg);
    unsigned limit = log2 < sidsize ? log2 : sidsize, split = st_split(r), align;
    uint64_t base = FIELD_ADDR(STRTAB_BASE, ADDR, &r->strtab_base);

    if (limit < 32 && m->req.sid >> limit) {
        smmuv3_xl_fault_config(m, SMMUV3_C_BAD_STREAMID, 0);
        return;
    }
    if (!two_levels(r)) {
        base = bits_align_down(base, log2 + 6);
        read_stream_table(m, ST_STE, SMMUV3_Q_STE, base + 64ull * m->req.sid, STE_WORDS);
        return;
    }
    align = log2 > split && log2 - split + 3 > 6 ? log2 - split + 3 : 6;
    base = bits_align_down(base, align);
    read_stream_table(m, ST_L1STD, SMMUV3_Q_L1STD, base + 8ull * (m->req.sid >> split), 1);
}

void smmuv3_xl_told_l1std(struct smmuv3_xl *m, const uint64_t *w)
{
    unsigned split = st_split(m->regs), span;
    uint64_t index = m->req.sid & bits_low(split);

    if (!w) {
        smmuv3_xl_fault_config(m, SMMUV3_F_STE_FETCH, m->q.pa);
        return;
    }
    span = (unsigned)FIELD_GET(L1STD, SPAN, w);
    if (span == 0 || span > 11 || span > split + 1 || index >> (span - 1)) {
        smmuv3_xl_fault_config(m, SMMUV3_C_BAD_STREAMID, 0);
        return;
    }
    read_stream_table(m, ST_STE, SMMUV3_Q_STE,
                      bits_align_down(FIELD_ADDR(L1STD, L2PTR, w), 5 + span) + 64 * index, STE_WORDS);
}
