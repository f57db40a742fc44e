/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import_smmuv3_build.h"

#include <string.h>

#include "arch/smmuv3/event.h"
#include "base/sim.h"

/* ---- structures --------------------------------------------------------------------------------- */

uint64_t smmuv3_build_l1std(uint64_t l2ptr, uint64_t last)
{
    uint64_t w[1] = { 0 };

    FIELD_SET_ADDR(L1STD, L2PTR, w, l2ptr);
    FIELD_SET(L1STD, SPAN, w, last ? bits_log2(last + 1) : 1);
    return w[0];
}

/* As wide as the output addresses, as far as one first table reaches; wider (concatenated first
 * tables) if an address needs it. */
static unsigned t0sz(const struct smmuv3_s2_facts *s2, unsigned oas)
{
    unsigned stride = s2->granule - 3;
    unsigned reach = s2->granule + (4 - s2->start) * stride;
    unsigned least = s2->granule + (3 - s2->start) * stride + 1;
    unsigned bits = oas < reach ? oas : reach;

    if (bits < least)
        bits = least;
    if (bits < s2->input_bits)
        bits = s2->input_bits;
    return bits > 48 ? 16 : 64 - bits;
}

static struct vmsa_table stage2(const struct smmuv3_ste_facts *f)
{
    return (struct vmsa_table){
        .stage = 2, .base = f->s2.ttb, .granule_log2 = (uint8_t)f->s2.granule,
        .start = (int8_t)f->s2.start, .in_bits = (uint8_t)(64 - t0sz(&f->s2, f->oas)),
        .out_bits = (uint8_t)f->oas, .affd = f->affd,
    };
}

void smmuv3_build_ste(uint64_t w[8], const struct smmuv3_ste_facts *f)
{
    struct smmuv3_config c = { .config = (uint8_t)f->config, .s1 = false };

    memset(w, 0, STE_BYTES);
    if (!f->valid)
        return;
    c.s1 = f->config == STE_S1 || f->config == STE_NESTED;
    c.s2 = f->config == STE_S2 || f->config == STE_NESTED;
    c.s1ctxptr = f->cd;
    c.vmid = c.s1 || c.s2 ? (uint16_t)f->vmid : 0;
    c.s2r = c.s2 && f->record;
    if (c.s2)
        c.s2t = stage2(f);
    smmuv3_encode_ste(&c, w);
}

static struct vmsa_table stage1(const struct smmuv3_cd_facts *f, const struct smmuv3_tt_facts *t)
{
    return (struct vmsa_table){
        .stage = 1, .base = t->ttb, .granule_log2 = (uint8_t)t->granule,
        .in_bits = (uint8_t)(64 - t->tsz), .out_bits = (uint8_t)f->oas, .had = t->had,
        .affd = f->affd,
    };
}

void smmuv3_build_cd(uint64_t w[8], const struct smmuv3_cd_facts *f)
{
    struct smmuv3_config c = { .a = true, .r = f->record, .asid = (uint16_t)f->asid };

    memset(w, 0, CD_BYTES);
    if (!f->valid)
        return;
    for (unsigned h = 0; h < 2; h++) {
        c.epd[h] = !f->tt[h].on;
        c.tt[h] = stage1(f, &f->tt[h]);
    }
    smmuv3_encode_cd(&c, w);
}

/* ---- commands ----------------------------------------------------------------------------------- */

void smmuv3_build_cfgi(uint64_t w[2], enum smmuv3_cmd_op op, uint32_t sid)
{
    struct smmuv3_cmd c = { .op = (uint8_t)op, .sid_first = sid, .leaf = true };

    smmuv3_cmd_encode(&c, w);
}

bool smmuv3_build_cfgi_range(uint64_t w[2], uint64_t first, uint64_t last)
{
    struct smmuv3_cmd c = { .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_first = (uint32_t)first,
                            .sid_last = (uint32_t)last };
    uint64_t n = last - first + 1;

    if (last < first || last > UINT32_MAX || n < 2 || !bits_is_pow2(n) || (first & (n - 1)) != 0)
        return false;
    smmuv3_cmd_encode(&c, w);
    return true;
}

void smmuv3_build_tlbi(uint64_t w[2], enum smmuv3_cmd_op op, unsigned asid, unsigned vmid)
{
    struct smmuv3_cmd c = { .op = (uint8_t)op, .asid = (uint16_t)asid, .vmid = (uint16_t)vmid };

    smmuv3_cmd_encode(&c, w);
}

void smmuv3_build_sync(uint64_t w[2])
{
    struct smmuv3_cmd c = { .op = SMMUV3_CMD_SYNC };

    smmuv3_cmd_encode(&c, w);
}

bool smmuv3_build_range(uint64_t w[2], enum smmuv3_cmd_op op, const struct smmuv3_range *r)
{
    struct smmuv3_cmd c = { .op = (uint8_t)op, .asid = (uint16_t)r->asid, .vmid = (uint16_t)r->vmid,
                            .leaf = r->leaf, .ttl = (uint8_t)r->ttl, .tg = (uint8_t)r->tg,
                            .first = r->addr };
    unsigned scale;

    if (r->pages == 0)
        return false;
    scale = (unsigned)__builtin_ctzll(r->pages);
    scale = scale < 31 ? scale : 31;
    if (r->pages >> scale > 32 || (r->tg == 0 && r->pages != 1))
        return false;
    c.num = (uint8_t)((r->pages >> scale) - 1);
    c.scale = (uint8_t)scale;
    smmuv3_cmd_encode(&c, w);
    return true;
}

/* What QEMU does in dma_aligned_pow2_mask: the alignment of the address or the largest power of two
 * that is left, whichever is less. */
uint64_t smmuv3_first_piece(uint64_t addr, uint64_t pages, unsigned tg)
{
    unsigned granule = tg ? 10 + 2 * tg : 12;
    uint64_t left = (pages << granule) - 1;
    uint64_t align = addr ? (addr & -addr) - 1 : UINT64_MAX;
    uint64_t mask = align <= left ? align : left == UINT64_MAX ? left : bits_low(bits_log2(left + 1));

    return (mask >> granule) + (mask != UINT64_MAX && ((mask + 1) >> granule) != mask >> granule);
}

/* ---- events ------------------------------------------------------------------------------------- */

/* Names that differ from the manual's, and events that the model does not make. */
static const struct { const char *name; unsigned number; } other_names[] = {
    { "F_TRANS_FORBIDDEN", SMMUV3_F_TRANSL_FORBIDDEN }, { "E_PAGE_REQ", 0x24 },
};

static bool is_name(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && strncmp(name, text, len) == 0;
}

unsigned smmuv3_event_number(const char *name, unsigned long len)
{
    static const char prefix[] = "SMMU_EVT_";

    if (len > sizeof prefix - 1 && strncmp(name, prefix, sizeof prefix - 1) == 0) {
        name += sizeof prefix - 1;
        len -= sizeof prefix - 1;
    }
    for (unsigned i = 0; i < smmuv3_event_count; i++)
        if (is_name(smmuv3_events[i].name, name, len))
            return smmuv3_events[i].number;
    for (size_t i = 0; i < ARRAY_LEN(other_names); i++)
        if (is_name(other_names[i].name, name, len))
            return other_names[i].number;
    return 0;
}
