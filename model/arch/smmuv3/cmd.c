/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/cmd.h"

#include "base/sim.h"

#define ROW(N, op, o, n, h) { #N, (op), (o), (n), (h) },
const struct smmuv3_cmd_row smmuv3_cmds[] = { SMMUV3_CMDS(ROW) };
const unsigned smmuv3_cmd_count = ARRAY_LEN(smmuv3_cmds);

const struct smmuv3_cmd_row *smmuv3_cmd_find(unsigned op)
{
    for (unsigned i = 0; i < smmuv3_cmd_count; i++)
        if (smmuv3_cmds[i].op == op)
            return &smmuv3_cmds[i];
    return NULL;
}

static bool supported(const struct smmuv3_regs *r, unsigned needs)
{
    const uint64_t *id = &r->idr0;

    return !((needs & CMD_N_S1 && !FIELD_GET(IDR0, S1P, id)) ||
             (needs & CMD_N_S2 && !FIELD_GET(IDR0, S2P, id)) ||
             (needs & CMD_N_HYP && !FIELD_GET(IDR0, HYP, id)) ||
             (needs & CMD_N_ATS && !FIELD_GET(IDR0, ATS, id)) ||
             (needs & CMD_N_PRI && !FIELD_GET(IDR0, PRI, id)) ||
             (needs & CMD_N_STALL && FIELD_GET(IDR0, STALL_MODEL, id) == 1) ||
             (needs & (CMD_N_SECURE | CMD_N_VMS)));
}

/* Five bits, with LPA2 six, of which 39 is the most. */
static unsigned scale(const struct smmuv3_regs *r, const uint64_t *w)
{
    unsigned s = (unsigned)FIELD_GET(CMD, SCALE, w);

    if (!FIELD_GET(IDR5, DS, &r->idr5))
        return s & 31;
    return s < 39 ? s : 39;
}

/* Range of a TLBI by address: first = Addr, (NUM + 1) * 2^SCALE granules.  [SMMUv3 4.4.1.1] */
static unsigned range(const struct smmuv3_regs *r, const uint64_t *w, struct smmuv3_cmd *c)
{
    bool no_ttl;
    unsigned granule_log2;
    uint64_t length;

    c->first = FIELD_ADDR(CMD, ADDR, w);
    c->last = c->first + 4095;
    c->leaf = FIELD_GET(CMD, LEAF, w);
    if (!FIELD_GET(IDR3, RIL, &r->idr3))
        return CERROR_NONE;
    c->tg = (uint8_t)FIELD_GET(CMD, TG, w);
    if (c->tg == 0)
        return CERROR_NONE;
    c->ttl = (uint8_t)FIELD_GET(CMD, TTL, w);
    c->num = (uint8_t)FIELD_GET(CMD, NUM, w);
    c->scale = (uint8_t)scale(r, w);
    granule_log2 = 10 + 2u * c->tg;
    c->ranged = true;
    length = (c->num + 1ull) << (c->scale + granule_log2);
    c->last = length - 1 > ~c->first ? ~0ull : c->first + length - 1;      /* to the end, not past it */
    no_ttl = c->ttl == 0 || (c->tg == 2 && c->ttl == 1 && !FIELD_GET(IDR5, DS, &r->idr5));
    c->reserved = c->num == 0 && c->scale == 0 && no_ttl;
    return c->reserved ? CERROR_ILL : CERROR_NONE;
}

/* CR0.VMW: VMIDs that differ in so many low bits are one; 0 and reserved values: none.  [SMMUv3 3.17.6] */
static uint16_t vmid_any(const struct smmuv3_regs *r)
{
    uint64_t bits = FIELD_GET(CR0, VMW, &r->cr0);

    return bits <= 4 && FIELD_GET(IDR0, VMW, &r->idr0) ? (uint16_t)bits_low((unsigned)bits) : 0;
}

static void sid_range(const uint64_t *w, struct smmuv3_cmd *c)
{
    unsigned bits = (unsigned)FIELD_GET(CMD, RANGE, w) + 1;
    uint32_t low = (uint32_t)bits_low(bits);

    c->sid_last = c->sid_first | low;
    c->sid_first &= ~low;
}

static void atc_range(const uint64_t *w, struct smmuv3_cmd *c)
{
    c->size = (uint8_t)FIELD_GET(CMD, SIZE, w);
    c->global = c->has_ssid && FIELD_GET(CMD, GLOBAL, w);
    if (c->size >= 52) {
        c->first = 0;
        c->last = ~0ull;
        return;
    }
    c->first = bits_align_down(FIELD_ADDR(CMD, ADDR, w), c->size + 12u);
    c->last = c->first + bits_low(c->size + 12u);
}

unsigned smmuv3_cmd_decode(const struct smmuv3_regs *r, const uint64_t w[CMD_WORDS],
                           struct smmuv3_cmd *c)
{
    const struct smmuv3_cmd_row *row = smmuv3_cmd_find((unsigned)FIELD_GET(CMD, OP, w));

    *c = (struct smmuv3_cmd){ .op = (uint8_t)FIELD_GET(CMD, OP, w) };
    if (!row || FIELD_GET(CMD, SSEC, w) || !supported(r, row->needs))
        return CERROR_ILL;
    if (row->operands & CMD_O_SID)
        c->sid_first = c->sid_last = (uint32_t)FIELD_GET(CMD, SID, w);
    if (row->operands & CMD_O_SSID) {
        c->has_ssid = FIELD_GET(CMD, SSV, w);
        c->ssid = (uint32_t)FIELD_GET(CMD, SSID, w);
    }
    if (row->operands & CMD_O_LEAF)
        c->leaf = FIELD_GET(CMD, LEAF, w);
    if (row->operands & CMD_O_VMID && FIELD_GET(IDR0, S2P, &r->idr0)) {
        c->vmid = (uint16_t)FIELD_GET(CMD, VMID, w);
        c->vmid_any = vmid_any(r);
    }
    if (row->operands & CMD_O_ASID)
        c->asid = (uint16_t)FIELD_GET(CMD, ASID, w);
    if (row->operands & CMD_O_RANGE)
        sid_range(w, c);
    if (row->operands & CMD_O_ADDR)
        return range(r, w, c);
    switch (c->op) {
    case SMMUV3_CMD_ATC_INV:
        atc_range(w, c);
        break;
    case SMMUV3_CMD_PRI_RESP:
        c->prgindex = (uint16_t)FIELD_GET(CMD, PRGINDEX, w);
        c->resp = (uint8_t)FIELD_GET(CMD, RESP, w);
        return c->resp == 3 ? CERROR_ILL : CERROR_NONE;
    case SMMUV3_CMD_RESUME:
        c->stag = (uint16_t)FIELD_GET(CMD, STAG, w);
        c->ac = FIELD_GET(CMD, AC, w);
        c->ab = FIELD_GET(CMD, AB, w);
        break;
    case SMMUV3_CMD_SYNC:
        c->cs = (uint8_t)FIELD_GET(CMD, CS, w);
        c->msidata = (uint32_t)FIELD_GET(CMD, MSIDATA, w);
        c->msiaddr = FIELD_ADDR(CMD, MSIADDR, w);
        return c->cs == 3 ? CERROR_ILL : CERROR_NONE;
    default:
        break;
    }
    return CERROR_NONE;
}

void smmuv3_cmd_encode(const struct smmuv3_cmd *c, uint64_t w[CMD_WORDS])
{
    const struct smmuv3_cmd_row *row = smmuv3_cmd_find(c->op);
    unsigned has = row ? row->operands : 0;

    w[0] = w[1] = 0;
    FIELD_SET(CMD, OP, w, c->op);
    if (has & CMD_O_SID)
        FIELD_SET(CMD, SID, w, c->sid_first);
    if (has & CMD_O_SSID) {
        FIELD_SET(CMD, SSV, w, c->has_ssid);
        FIELD_SET(CMD, SSID, w, c->ssid);
    }
    if (has & CMD_O_VMID)
        FIELD_SET(CMD, VMID, w, c->vmid);
    if (has & CMD_O_ASID)
        FIELD_SET(CMD, ASID, w, c->asid);
    if (has & (CMD_O_LEAF | CMD_O_ADDR))
        FIELD_SET(CMD, LEAF, w, c->leaf);
    if (has & CMD_O_RANGE) {
        uint32_t span = c->sid_last - c->sid_first;

        FIELD_SET(CMD, RANGE, w, span ? bits_log2(span) : 0);
    }
    if (has & CMD_O_ADDR) {
        FIELD_SET_ADDR(CMD, ADDR, w, c->first);
        FIELD_SET(CMD, TG, w, c->tg);
        if (c->tg) {
            FIELD_SET(CMD, NUM, w, c->num);
            FIELD_SET(CMD, SCALE, w, c->scale);
            FIELD_SET(CMD, TTL, w, c->ttl);
        }
    }
    if (c->op == SMMUV3_CMD_RESUME) {
        FIELD_SET(CMD, STAG, w, c->stag);
        FIELD_SET(CMD, AC, w, c->ac);
        FIELD_SET(CMD, AB, w, c->ab);
    }
    switch (c->op) {
    case SMMUV3_CMD_ATC_INV:
        FIELD_SET(CMD, GLOBAL, w, c->global);
        FIELD_SET(CMD, SIZE, w, c->size);
        FIELD_SET_ADDR(CMD, ADDR, w, c->size < 52 ? c->first : 0);
        break;
    case SMMUV3_CMD_PRI_RESP:
        FIELD_SET(CMD, PRGINDEX, w, c->prgindex);
        FIELD_SET(CMD, RESP, w, c->resp);
        break;
    case SMMUV3_CMD_SYNC:
        FIELD_SET(CMD, CS, w, c->cs);
        FIELD_SET(CMD, MSIDATA, w, c->msidata);
        FIELD_SET_ADDR(CMD, MSIADDR, w, c->msiaddr);
        break;
    default:
        break;
    }
}
