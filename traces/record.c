/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/record.h"

#include "base/bits.h"
#include "base/sim.h"

/* First word of a REC_EXPECT.  What changes from access to access stands low, so that the difference of
 * two words is a short number. */
enum {
    W_HITS_HI = 7,       W_HITS_LO = 0,        /* low 8 bits of hits          */
    W_LOOKUPS_HI = 15,   W_LOOKUPS_LO = 8,
    W_CONFIG_HIT = 16,
    W_HAS_PA = 17,       W_HAS_CONFIG = 18,    W_HAS_LOOKUPS = 19,
    W_HAS_DETAIL = 20,   W_PAGE_BITS = 21,     W_BLOCKED = 22,
    W_WIDE = 23,                               /* hits and flushes have a word of their own */
    W_FLUSHES_HI = 31,   W_FLUSHES_LO = 24,
    W_CODE_HI = 39,      W_CODE_LO = 32,
    W_SOURCE_HI = 42,    W_SOURCE_LO = 40,
    W_OUTCOME_HI = 46,   W_OUTCOME_LO = 43,
    W_DEVIATION = 47,
    W_CLS_HI = 55,       W_CLS_LO = 48,
    W_STAGE2_HI = 63,    W_STAGE2_LO = 56,
};

static uint64_t expect_flags(const struct rec_expect *e, bool wide)
{
    return (uint64_t)e->config_hit << W_CONFIG_HIT | (uint64_t)e->has_pa << W_HAS_PA |
           (uint64_t)e->has_config << W_HAS_CONFIG | (uint64_t)e->has_lookups << W_HAS_LOOKUPS |
           (uint64_t)e->has_detail << W_HAS_DETAIL | (uint64_t)e->page_bits_only << W_PAGE_BITS |
           (uint64_t)e->blocked << W_BLOCKED | (uint64_t)wide << W_WIDE |
           (uint64_t)(e->deviation != 0) << W_DEVIATION;
}

uint16_t rec_expect_pack(const struct rec_expect *e, struct rec_ext *x)
{
    bool wide = e->hits > 0xff || e->flushes > 0xff;
    uint64_t w = expect_flags(e, wide);
    uint16_t n = 1;

    w = bits_set(w, W_HITS_HI, W_HITS_LO, e->hits);
    w = bits_set(w, W_FLUSHES_HI, W_FLUSHES_LO, e->flushes);
    w = bits_set(w, W_LOOKUPS_HI, W_LOOKUPS_LO, e->lookups);
    w = bits_set(w, W_CODE_HI, W_CODE_LO, e->code);
    w = bits_set(w, W_SOURCE_HI, W_SOURCE_LO, e->source);
    w = bits_set(w, W_OUTCOME_HI, W_OUTCOME_LO, e->outcome);
    w = bits_set(w, W_CLS_HI, W_CLS_LO, e->cls);
    x->w[0] = bits_set(w, W_STAGE2_HI, W_STAGE2_LO, e->stage2);
    if (e->has_pa)
        x->w[n++] = e->pa;
    if (e->has_detail)
        x->w[n++] = e->ipa;
    if (wide)
        x->w[n++] = (uint64_t)e->flushes << 32 | e->hits;
    if (e->deviation)
        x->w[n++] = e->deviation;
    return n;
}

void rec_expect_unpack(const struct rec_ext *x, struct rec_expect *e)
{
    uint64_t w = x->w[0];
    unsigned n = 1;

    *e = (struct rec_expect){
        .source = (uint8_t)bits_get(w, W_SOURCE_HI, W_SOURCE_LO),
        .outcome = (uint8_t)bits_get(w, W_OUTCOME_HI, W_OUTCOME_LO),
        .code = (uint8_t)bits_get(w, W_CODE_HI, W_CODE_LO),
        .stage2 = (uint8_t)bits_get(w, W_STAGE2_HI, W_STAGE2_LO),
        .cls = (uint8_t)bits_get(w, W_CLS_HI, W_CLS_LO),
        .has_detail = w >> W_HAS_DETAIL & 1,
        .has_pa = w >> W_HAS_PA & 1,
        .has_config = w >> W_HAS_CONFIG & 1,
        .config_hit = w >> W_CONFIG_HIT & 1,
        .has_lookups = w >> W_HAS_LOOKUPS & 1,
        .page_bits_only = w >> W_PAGE_BITS & 1,
        .blocked = w >> W_BLOCKED & 1,
        .lookups = (uint8_t)bits_get(w, W_LOOKUPS_HI, W_LOOKUPS_LO),
        .hits = (uint32_t)bits_get(w, W_HITS_HI, W_HITS_LO),
        .flushes = (uint32_t)bits_get(w, W_FLUSHES_HI, W_FLUSHES_LO),
    };
    if (e->has_pa)
        e->pa = x->w[n++];
    if (e->has_detail)
        e->ipa = x->w[n++];
    if (w >> W_WIDE & 1) {
        e->hits = (uint32_t)x->w[n];
        e->flushes = (uint32_t)(x->w[n++] >> 32);
    }
    if (w >> W_DEVIATION & 1)
        e->deviation = (uint32_t)x->w[n];
}

#define REC_KIND_NAME(N, c, s, h) [REC_##N] = (s),
static const char *const kind_names[REC_KIND_COUNT] = { REC_KINDS(REC_KIND_NAME) };

static const char *name_of(const char *const *names, size_t n, unsigned i)
{
    return i < n && names[i] ? names[i] : "unknown";
}

const char *rec_kind_name(unsigned kind)
{
    return name_of(kind_names, ARRAY_LEN(kind_names), kind);
}

const char *rec_source_name(unsigned source)
{
    static const char *const names[] = {
        [REC_LOGGED] = "logged", [REC_INTENDED] = "intended", [REC_ALLOWED] = "allowed",
    };

    return name_of(names, ARRAY_LEN(names), source);
}

const char *rec_outcome_name(unsigned outcome)
{
    static const char *const names[] = {
        [REC_O_NONE] = "none",   [REC_O_OK] = "ok",       [REC_O_BYPASS] = "bypass",
        [REC_O_ABORT] = "abort", [REC_O_FAULT] = "fault", [REC_O_FAULT_SILENT] = "fault_silent",
    };

    return name_of(names, ARRAY_LEN(names), outcome);
}

const char *rec_mode_name(unsigned mode)
{
    static const char *const names[] = {
        [REC_MODE_TRANSLATE] = "translate", [REC_MODE_BYPASS] = "bypass", [REC_MODE_ABORT] = "abort",
        [REC_MODE_STAGE2] = "stage2",       [REC_MODE_NESTED] = "nested",
    };

    return name_of(names, ARRAY_LEN(names), mode);
}
