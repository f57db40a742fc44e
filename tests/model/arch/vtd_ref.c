/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_ref.h"

#include <stdio.h>
#include <string.h>

/* What a PASID entry (or a legacy context entry) gives to the walks. */
struct walks {
    unsigned ss_levels, fs_levels;
    uint64_t ss_base, fs_base;
    bool ssade, pwsnp, wpe, nxe, smep, eafe, sre;
};

struct run {
    struct vtd_ref *a;
    const struct vtd_regs *regs;
    const struct xl_req *q;
    vtd_ref_mem *mem;
    void *arg;
    bool scalable, fpd, nested;
    bool super;                /* the request is a supervisor's          */
    bool top_abort;            /* 0x03 because the top table did not answer */
    struct walks k;
};

static unsigned bits(const uint64_t *words, unsigned hi, unsigned lo)
{
    unsigned v = 0;

    for (unsigned b = hi + 1; b-- > lo;)
        v = v << 1 | (words[b / 64] >> b % 64 & 1);
    return v;
}

static bool any(const uint64_t *words, unsigned hi, unsigned lo)
{
    for (unsigned b = lo; b <= hi; b++)
        if (words[b / 64] >> b % 64 & 1)
            return true;
    return false;
}

static bool cap(const struct run *r, unsigned b) { return r->regs->cap >> b & 1; }
static bool ecap(const struct run *r, unsigned b) { return r->regs->ecap >> b & 1; }
static uint64_t page_of(uint64_t word) { return word & 0x000ffffffffff000; }

/* ---- ends ------------------------------------------------------------------------------------ */

static bool end(struct run *r, enum xl_outcome outcome, uint64_t pa)
{
    r->a->outcome = (uint8_t)outcome;
    r->a->pa = pa;
    return false;
}

static bool listed(unsigned code, const char *codes)
{
    char text[4];

    snprintf(text, sizeof text, "%02x ", code & 0xff);
    return strstr(codes, text) != NULL;
}

/* Fact sheet 5.2, 5.3: reasons that FPD does not hold back; 8.1: answers to a translation request. */
static bool fault(struct run *r, unsigned code)
{
    bool ats = r->q->type == XL_ATS_REQUEST;

    if (ats && listed(code, "04 05 06 0e 71 74 75 76 79 80 81 82 83 84 85 86 87 "))
        return end(r, XL_ATS_OK, 0);
    r->a->code = (uint8_t)code;
    r->a->recorded = !r->fpd || listed(code, "01 08 09 0a 30 31 32 33 38 39 3a 40 50 58 ");
    if (!ats)
        return end(r, XL_FAULT, 0);
    if (r->top_abort ||
        listed(code, "07 08 09 0a 0b 0c 38 3a 40 42 50 52 58 5a 70 72 73 77 78 7a 7b 7c 7d 90 91 "))
        return end(r, XL_ATS_CA, 0);
    return end(r, XL_ATS_UR, 0);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static bool read_words(struct run *r, const char *name, unsigned level, uint64_t pa, unsigned n, uint64_t *out)
{
    struct vtd_ref *a = r->a;

    if (a->reads < VTD_REF_READS) {
        struct vtd_ref_read *at = &a->read[a->reads];

        snprintf(at->name, sizeof at->name, level ? "%s%u" : "%s", name, level);
        at->pa = pa;
    }
    a->reads++;
    if (!r->mem(r->arg, pa, n, out))
        return false;
    for (unsigned i = 0; i < a->writes; i++)
        if (a->write_at[i].pa >= pa && a->write_at[i].pa < pa + 8 * n)
            out[(a->write_at[i].pa - pa) / 8] = a->write_at[i].new;
    return true;
}

static void write_word(struct run *r, uint64_t pa, uint64_t old, uint64_t new)
{
    struct vtd_ref *a = r->a;
    unsigned i = 0;

    while (i < a->writes && a->write_at[i].pa != pa)
        i++;
    if (i == VTD_REF_WRITES)
        return;
    if (i == a->writes)
        a->write_at[a->writes++] = (struct vtd_ref_write){ pa, old, 0 };
    a->write_at[i].new = new;
}

/* ---- what the request needs ------------------------------------------------------------------ */

static bool undirected(const struct run *r) { return r->q->type == XL_ATS_REQUEST || r->q->no_dir; }
static bool writes(const struct run *r) { return !undirected(r) && (r->q->write || r->q->atomic); }
static bool reads(const struct run *r) { return !undirected(r) && (!r->q->write || r->q->atomic); }
static bool executes(const struct run *r) { return r->q->exec && r->q->has_ssid; }

/* Writes are granted for later: to a translation request, unless it says that it does not want to write. */
static bool grants(const struct run *r)
{
    return r->q->type == XL_ATS_REQUEST && !(r->q->no_write && ecap(r, 33));
}

/* ---- second stage ---------------------------------------------------------------------------- */

enum purpose { OUTPUT, TOP_TABLE, LOWER_TABLE, TABLE_UPDATE };

struct second { uint64_t pa; unsigned size; bool r, w, clean; };

static unsigned second_reason(struct run *r, unsigned legacy, unsigned scalable)
{
    if (!r->scalable && legacy == 0x03)
        r->top_abort = true;
    return r->scalable ? scalable : legacy;
}

static unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }

static unsigned guest_width(const struct run *r, unsigned levels)
{
    return min((r->regs->cap >> 16 & 63) + 1, 12 + 9 * levels);
}

static bool second_reserved(const struct run *r, unsigned level, uint64_t e)
{
    bool large = e >> 7 & 1, leaf = level == 1 || large, sc = ecap(r, 7);

    if (r->regs->haw < 52 && any(&e, 51, r->regs->haw))
        return true;
    if (e >> 62 & 1)
        return true;
    if ((e >> 11 & 1) && !(leaf && sc))
        return true;
    if (large && level > 3)
        return true;
    if (large && level == 2)
        return !cap(r, 34) || any(&e, 20, 12);
    if (large && level == 3)
        return !cap(r, 35) || any(&e, 29, 12);
    return false;
}

/* A fault of the second stage: what it is called depends on what the address was for. */
static bool denied(struct run *r, enum purpose p, bool write)
{
    if (p == TABLE_UPDATE && write)
        return fault(r, 0x77);
    if (p != OUTPUT)
        return fault(r, p == TOP_TABLE ? 0x75 : 0x76);
    return fault(r, write ? second_reason(r, 0x05, 0x85) : second_reason(r, 0x06, 0x86));
}

/* `granting`: the dirty bit of a writable page is set even if this is no write. */
static bool second(struct run *r, uint64_t in, enum purpose p, bool granting, struct second *s)
{
    bool need_r = p == OUTPUT ? reads(r) : true, need_w = p == OUTPUT ? writes(r) : p == TABLE_UPDATE;
    uint64_t table = r->k.ss_base;

    s->r = s->w = true;
    if (in >> guest_width(r, r->k.ss_levels))
        return fault(r, p == OUTPUT ? second_reason(r, 0x04, 0x84) : 0x74);
    for (unsigned level = r->k.ss_levels;; level--) {
        unsigned low = 12 + 9 * (level - 1);
        uint64_t at = table + (in >> low) % 512 * 8, e, want;
        bool leaf;

        if (!read_words(r, "SS", level, at, 1, &e))
            return fault(r, level == r->k.ss_levels ? second_reason(r, 0x03, 0x7b) : second_reason(r, 0x07, 0x78));
        if (!(e & 3))
            return fault(r, second_reason(r, p == OUTPUT && need_w ? 0x05 : 0x06, 0x79));
        s->r = s->r && e & 1;
        s->w = s->w && e & 2;
        if (need_w && !s->w)
            return denied(r, p, true);
        if ((need_r && !s->r) || (!s->r && !s->w))
            return denied(r, p, false);
        if (second_reserved(r, level, e))
            return fault(r, second_reason(r, 0x0c, 0x7a));
        leaf = level == 1 || e & 0x80;
        want = e;
        if (r->k.ssade)
            want |= leaf && (need_w || granting) && s->w ? 0x300 : 0x100;
        if (want != e && !r->k.pwsnp)
            return fault(r, 0x7c);
        if (want != e)
            write_word(r, at, e, want);
        if (!leaf) {
            table = page_of(want);
            continue;
        }
        s->size = low;
        s->pa = (page_of(want) >> low << low) + (in & ((1ull << low) - 1));
        s->clean = r->k.ssade && s->w && !(want & 0x200);
        return true;
    }
}

/* ---- first stage ----------------------------------------------------------------------------- */

struct first { uint64_t out; unsigned size, perm; bool clean, writable; };

static bool first_reserved(const struct run *r, unsigned level, uint64_t e)
{
    bool large = level > 1 && e >> 7 & 1;

    if (!r->nested && r->regs->haw < 52 && any(&e, 51, r->regs->haw))
        return true;
    if (large && level == 2)
        return any(&e, 20, 13);
    if (large && level == 3)
        return !cap(r, 56) || any(&e, 29, 13);
    return large;
}

static bool canonical(uint64_t in, unsigned levels)
{
    unsigned from = levels == 5 ? 56 : 47;

    return in >> from == 0 || in >> from == (1ull << (64 - from)) - 1;
}

static unsigned perm_of(const struct run *r, bool write, bool user, bool no_exec)
{
    bool exec = !(r->k.nxe && no_exec);
    unsigned p = 0;

    if (user)
        p |= XL_R | (write ? XL_W : 0) | (exec ? XL_X : 0);
    if (r->k.sre)
        p |= XL_PR | (write || !r->k.wpe ? XL_PW : 0) | (exec && !(r->k.smep && user) ? XL_PX : 0);
    return p;
}

/* Where the entry at the address `at` of the guest is. */
static bool host_of(struct run *r, uint64_t at, enum purpose p, struct second *s)
{
    if (r->nested)
        return second(r, at, p, false, s);
    *s = (struct second){ .pa = at, .r = true, .w = true };
    return true;
}

static bool first_update(struct run *r, uint64_t at, struct second *s, uint64_t e, uint64_t want)
{
    if (!r->k.pwsnp)
        return fault(r, 0x90);
    if (!s->w)
        return fault(r, 0x77);
    if (s->clean && !host_of(r, at, TABLE_UPDATE, s))
        return false;
    write_word(r, s->pa, e, want);
    return true;
}

/* Fact sheet 5.1, step 14. */
static bool first(struct run *r, uint64_t in, struct first *f)
{
    bool write = true, user = true, no_exec = false;
    uint64_t table = r->k.fs_base;

    if (!canonical(in, r->k.fs_levels))
        return fault(r, 0x80);
    for (unsigned level = r->k.fs_levels;; level--) {
        unsigned low = 12 + 9 * (level - 1);
        bool top = level == r->k.fs_levels, leaf;
        uint64_t at = table + (in >> low) % 512 * 8, e, want;
        struct second s;

        if (!host_of(r, at, top ? TOP_TABLE : LOWER_TABLE, &s))
            return false;
        if (!read_words(r, "FS", level, s.pa, 1, &e))
            return fault(r, top ? 0x73 : 0x70);
        if (!(e & 1))
            return fault(r, 0x71);
        leaf = level == 1 || e & 0x80;
        write = write && e & 2;
        user = user && e & 4;
        no_exec = no_exec || e >> 63;
        f->writable = write || (r->super && !r->k.wpe);
        if (!r->super && !user)
            return fault(r, 0x81);
        if (writes(r) && !f->writable)
            return fault(r, 0x85);
        if (executes(r) && !undirected(r) &&
            ((r->k.nxe && no_exec) || (leaf && r->super && r->k.smep && user)))
            return fault(r, 0x82);
        if (first_reserved(r, level, e))
            return fault(r, 0x72);
        want = e | 0x20 | (r->k.eafe ? 0x400 : 0);
        if (leaf && (writes(r) || grants(r)) && f->writable)
            want |= 0x40;
        if (want != e && !first_update(r, at, &s, e, want))
            return false;
        if (!leaf) {
            table = page_of(want);
            continue;
        }
        f->size = low;
        f->out = (page_of(want) >> low << low) + (in & ((1ull << low) - 1));
        f->perm = perm_of(r, write, user, no_exec);
        f->clean = !(want & 0x40) && (write || !r->k.wpe);
        return true;
    }
}

/* ---- both ------------------------------------------------------------------------------------ */

static bool in_interrupt_range(uint64_t pa) { return pa >= 0xfee00000 && pa <= 0xfeefffff; }

static bool finish(struct run *r, uint64_t pa)
{
    struct vtd_ref *a = r->a;
    unsigned shift = r->super ? 3 : 0, p = a->perm1 >> shift & 7;

    a->leaf = true;
    a->super = r->super;
    if (in_interrupt_range(pa))
        return fault(r, r->scalable ? 0x87 : 0x0e);
    if (r->q->type != XL_ATS_REQUEST)
        return end(r, XL_OK, pa);
    a->ats_r = p & 1 && a->perm2 & 1;
    a->ats_w = p & 2 && a->perm2 & 2 && !r->q->no_write;
    a->ats_x = executes(r) && p & 4 && a->ats_r && r->k.fs_levels;
    return end(r, XL_ATS_OK, pa);
}

static bool by_second(struct run *r)
{
    struct second s;

    if (!second(r, r->q->addr, OUTPUT, grants(r), &s))
        return false;
    r->a->size_log2 = s.size;
    r->a->perm1 = XL_ALL;
    r->a->perm2 = (s.r ? 1 : 0) | (s.w ? 2 : 0);
    r->a->dirty2 = s.clean;
    return finish(r, s.pa);
}

static bool by_first(struct run *r)
{
    struct second s = { .size = 63, .r = true, .w = true };
    struct first f = { .size = 63 };

    if (!first(r, r->q->addr, &f))
        return false;
    s.pa = f.out;
    if (r->nested && !second(r, f.out, OUTPUT, grants(r) && f.writable, &s))
        return false;
    r->a->size_log2 = min(f.size, s.size);
    r->a->perm1 = f.perm;
    r->a->perm2 = r->nested ? (s.r ? 1 : 0) | (s.w ? 2 : 0) : 3;
    r->a->dirty1 = f.clean;
    r->a->dirty2 = r->nested && s.clean;
    return finish(r, s.pa);
}

/* ---- structures ------------------------------------------------------------------------------ */

static bool beyond_haw(const struct run *r, const uint64_t *words, unsigned first_bit)
{
    unsigned from = first_bit + r->regs->haw;          /* of a pointer whose bit 0 would stand at first_bit */

    return any(words, first_bit + 63, from);
}

static bool width_offered(const struct run *r, unsigned aw) { return aw >= 1 && aw <= 3 && cap(r, 8 + aw); }

static unsigned most_levels(const struct run *r)
{
    return cap(r, 11) ? 5 : cap(r, 10) ? 4 : 3;
}

static bool did_beyond(const struct run *r, unsigned did) { return did >> (4 + 2 * (r->regs->cap & 7)); }

static void did_is(struct run *r, unsigned did)
{
    r->a->did_known = true;
    r->a->did = (uint16_t)did;
}

static bool legacy(struct run *r)
{
    const struct xl_req *q = r->q;
    uint64_t e[2];
    unsigned tt, aw;

    if (q->type == XL_PAGE_REQUEST)
        return fault(r, 0x32);
    if (q->has_ssid)
        return fault(r, 0x31);
    if (!read_words(r, "root", 0, page_of(r->regs->rtaddr) + (q->sid >> 8 & 255) * 16, 2, e))
        return fault(r, 0x08);
    if (!(e[0] & 1))
        return fault(r, 0x01);
    if (any(e, 11, 1) || beyond_haw(r, e, 0) || e[1])
        return fault(r, 0x0a);
    if (!read_words(r, "context", 0, (e[0] >> 12 << 12) + (q->sid & 255) * 16, 2, e))
        return fault(r, 0x09);
    r->fpd = bits(e, 1, 1);
    if (!(e[0] & 1))
        return fault(r, 0x02);
    tt = bits(e, 3, 2);
    aw = bits(e, 66, 64);
    if (any(e, 11, 4) || (tt != 2 && beyond_haw(r, e, 0)) || any(e, 71, 71) || any(e, 127, 88) ||
        did_beyond(r, bits(e, 87, 72)))
        return fault(r, 0x0b);
    if (tt == 3 || (tt == 1 && !ecap(r, 2)) || (tt == 2 && !ecap(r, 6)) || !width_offered(r, aw))
        return fault(r, 0x03);
    did_is(r, bits(e, 87, 72));
    if (q->type != XL_UNTRANSLATED && tt != 1)
        return fault(r, 0x0d);
    if (q->type == XL_TRANSLATED)
        return end(r, XL_BYPASS, q->addr);
    if (tt == 2)
        return aw + 2 == most_levels(r) ? end(r, XL_BYPASS, q->addr) : fault(r, 0x04);
    r->k = (struct walks){ .ss_levels = aw + 2, .ss_base = e[0] >> 12 << 12 };
    return by_second(r);
}

/* Features that the unit does not have make their bits reserved. */
static bool pasid_reserved(const struct run *r, const uint64_t *e, unsigned pgtt)
{
    if (any(e, 5, 5) || any(e, 11, 10) || any(e, 86, 80) || any(e, 139, 136) || any(e, 511, 192))
        return true;
    if ((any(e, 9, 9) && !ecap(r, 45)) || (any(e, 87, 87) && !ecap(r, 48)) || (any(e, 128, 128) && !ecap(r, 31)) ||
        (any(e, 129, 129) && !ecap(r, 30)) || (any(e, 135, 135) && !ecap(r, 34)))
        return true;
    if ((pgtt == 2 || pgtt == 3) && beyond_haw(r, e, 0))
        return true;
    return (pgtt == 1 && beyond_haw(r, e, 128)) || did_beyond(r, bits(e, 79, 64));
}

static bool pasid_illegal(const struct run *r, const uint64_t *e, unsigned pgtt)
{
    bool first_stage = pgtt == 1 || pgtt == 3, second_stage = pgtt == 2 || pgtt == 3;
    unsigned fspm = bits(e, 131, 130);

    if (pgtt == 0 || pgtt > 4 || (pgtt == 4 && !ecap(r, 6)) || (pgtt == 3 && !ecap(r, 26)))
        return true;
    if (first_stage && (!ecap(r, 47) || fspm > 1 || (fspm == 1 && !cap(r, 60))))
        return true;
    return second_stage && (!ecap(r, 46) || !width_offered(r, bits(e, 4, 2)));
}

/* Steps 11 and on. */
static bool with_pasid(struct run *r, const uint64_t *e)
{
    unsigned pgtt = bits(e, 8, 6);

    did_is(r, bits(e, 79, 64));
    if (executes(r) && !any(e, 129, 129))
        return fault(r, 0x5c);
    if (r->super && !any(e, 128, 128))
        return fault(r, 0x5d);
    if (pgtt == 4) {
        if (r->q->addr >> guest_width(r, most_levels(r)))
            return fault(r, 0x83);
        return in_interrupt_range(r->q->addr) ? fault(r, 0x87) : end(r, XL_BYPASS, r->q->addr);
    }
    r->nested = pgtt == 3;
    r->k = (struct walks){ .ss_levels = bits(e, 4, 2) + 2, .ss_base = e[0] >> 12 << 12, .ssade = any(e, 9, 9),
                           .pwsnp = any(e, 87, 87), .wpe = any(e, 132, 132), .nxe = any(e, 133, 133),
                           .smep = any(e, 134, 134), .eafe = any(e, 135, 135), .sre = any(e, 128, 128) };
    if (pgtt == 2)
        return by_second(r);
    r->k.fs_levels = 4 + bits(e, 131, 130);
    r->k.fs_base = page_of(e[2]) | (e[2] >> 52 << 52);
    return by_first(r);
}

/* Steps 6 to 8; *pasid is what the tables are asked for. */
static bool by_context(struct run *r, const uint64_t *e, unsigned *pasid)
{
    const struct xl_req *q = r->q;

    if ((q->type == XL_ATS_REQUEST || q->type == XL_TRANSLATED) && !any(e, 2, 2))
        return fault(r, 0x44);
    if (q->type == XL_PAGE_REQUEST && !any(e, 4, 4))
        return fault(r, 0x47);
    *pasid = q->has_ssid ? q->ssid : ecap(r, 49) ? bits(e, 83, 64) : 0;
    r->super = q->has_ssid ? q->priv : ecap(r, 53) && any(e, 84, 84);
    if (q->has_ssid && !any(e, 3, 3))
        return fault(r, 0x45);
    if (*pasid >> (bits(e, 11, 9) + 13))
        return fault(r, q->has_ssid ? 0x46 : 0x48);
    if (q->type == XL_TRANSLATED || q->type == XL_PAGE_REQUEST)
        return end(r, XL_BYPASS, q->addr);
    return true;
}

static bool scalable(struct run *r)
{
    const struct xl_req *q = r->q;
    uint64_t e[8], context[4];
    unsigned half = q->sid >> 7 & 1, pasid = 0, pgtt;

    if (!read_words(r, "root", 0, page_of(r->regs->rtaddr) + (q->sid >> 8 & 255) * 16, 2, e))
        return fault(r, 0x38);
    if (!(e[half] & 1))
        return fault(r, 0x39);
    if (any(e + half, 11, 1) || beyond_haw(r, e + half, 0))
        return fault(r, 0x3a);
    if (!read_words(r, "context", 0, page_of(e[half]) + (q->sid & 127) * 32, 4, context))
        return fault(r, 0x40);
    r->fpd = bits(context, 1, 1);
    if (!(context[0] & 1))
        return fault(r, 0x41);
    if (any(context, 8, 5) || beyond_haw(r, context, 0) || any(context, 255, 85))
        return fault(r, 0x42);
    if ((any(context, 2, 2) && !ecap(r, 2)) || (any(context, 3, 3) && !ecap(r, 40)) ||
        (any(context, 4, 4) && !ecap(r, 29)))
        return fault(r, 0x43);
    if (!by_context(r, context, &pasid))
        return false;
    if (!read_words(r, "directory", 0, page_of(context[0]) + pasid / 64 * 8, 1, e))
        return fault(r, 0x50);
    r->fpd |= bits(e, 1, 1);
    if (!(e[0] & 1))
        return fault(r, 0x51);
    if (any(e, 11, 2) || beyond_haw(r, e, 0))
        return fault(r, 0x52);
    if (!read_words(r, "PASID", 0, page_of(e[0]) + pasid % 64 * 64, 8, e))
        return fault(r, 0x58);
    r->fpd |= bits(e, 1, 1);
    if (!(e[0] & 1))
        return fault(r, 0x59);
    pgtt = bits(e, 8, 6);
    if (pasid_reserved(r, e, pgtt))
        return fault(r, 0x5a);
    if (pasid_illegal(r, e, pgtt))
        return fault(r, 0x5b);
    return with_pasid(r, e);
}

void vtd_ref_run(struct vtd_ref *a, const struct vtd_regs *regs, const struct xl_req *q, vtd_ref_mem *mem, void *arg)
{
    struct run r = { .a = a, .regs = regs, .q = q, .mem = mem, .arg = arg };
    unsigned ttm = bits(&regs->rtaddr, 11, 10);

    memset(a, 0, sizeof *a);
    if (!regs->tes)
        end(&r, XL_BYPASS, q->addr);
    else if (!q->has_ssid && q->type == XL_UNTRANSLATED && in_interrupt_range(q->addr))
        end(&r, XL_INTERRUPT, q->addr);
    else if (ttm == 3 && ecap(&r, 52))
        end(&r, XL_ABORT, 0);
    else if (ttm > 1 || any(&regs->rtaddr, 9, 0) || (ttm == 1 && !ecap(&r, 43)))
        fault(&r, 0x30);
    else if (ttm == 0)
        legacy(&r);
    else {
        r.scalable = true;
        scalable(&r);
    }
}
