/* SPDX-License-Identifier: Apache-2.0
 *
 * What each descriptor removes in scalable mode, and what it leaves alone.  [VT-d 6.5; fact sheet 7.4]
 *
 * Functions and PASIDs of every kind of translation fill every structure; a rule written from the manual says of each
 * entry whether a descriptor has to remove it.  All others have to stay.  And caching mode: what is not present is kept
 * until a descriptor removes it, of the first stage never.
 */
#include "base/rng.h"
#include "base/sim.h"
#include "suite.h"
#include "system/vtd/vtd.h"

enum { ROOT = 0x10000, CONTEXTS = 0x11000, TABLES = 0x100000, TABLES_END = 0x40000000, DATA = 0x60000000, NO_PASID = -1 };

struct owner { uint16_t sid, did; int pasid; uint8_t pgtt; };

/* A domain has one kind: by it an entry's kind is known. */
static const struct owner owners[] = {
    { 0x310, 5,  NO_PASID, VTD_PGTT_SS },     { 0x310, 7, 5, VTD_PGTT_FS }, { 0x310, 9,  6, VTD_PGTT_NESTED },
    { 0x311, 5,  NO_PASID, VTD_PGTT_SS },     { 0x311, 7, 5, VTD_PGTT_FS }, { 0x311, 8,  6, VTD_PGTT_FS },
    { 0x318, 6,  NO_PASID, VTD_PGTT_SS },     { 0x318, 8, 5, VTD_PGTT_FS }, { 0x318, 10, 6, VTD_PGTT_NESTED },
    { 0x314, 9,  6, VTD_PGTT_NESTED },        { 0x314, 9, 7, VTD_PGTT_NESTED }, { 0x314, 5, 9, VTD_PGTT_SS },
};

static const struct probe { uint64_t in; uint8_t level; } probes[] = {
    { 0x40010000, 1 }, { 0x40011000, 1 }, { 0x40013000, 1 }, { 0x40014000, 1 }, { 0x40200000, 2 }, { 0x40600000, 1 },
    { 0x80000000, 3 }, { 0x5000000000, 1 }, { 0x5040000000, 2 },
};

#define STORES(S) VTD_STORES(S)
#define STORE_NAME(member, path) path,
static const char *const store_names[] = { STORES(STORE_NAME) };
enum { STORE_COUNT = sizeof store_names / sizeof store_names[0], ENTRIES = 512 };

struct seen { uint64_t ctx, base, tag; uint8_t store, size_log2; };

struct bench {
    struct system_config *config;
    struct system *sys;
    struct vtd_system *u;
    uint64_t next;
    struct table_io io;
    struct vtdss_table second[16];     /* by domain */
    struct vtdfs_table first[16][16];  /* by domain and PASID */
    struct seen seen[ENTRIES];
    unsigned n;
    uint8_t store;                     /* being looked through */
    uint64_t stale;                    /* uses of old tables so far */
};

/* ---- tables -------------------------------------------------------------------------------------- */

static uint64_t io_read(void *arg, uint64_t pa) { return mem_read64(((struct bench *)arg)->sys->mem, pa); }

static int io_write(void *arg, uint64_t pa, uint64_t value)
{
    return system_table_write(((struct bench *)arg)->sys, pa, &value, 1);
}

static uint64_t io_alloc(void *arg, unsigned bytes_log2)
{
    struct bench *b = arg;

    b->next += 1ull << bytes_log2;
    return b->next - (1ull << bytes_log2);
}

static const struct vtdss_table *second(struct bench *b, const struct owner *o)
{
    struct vtdss_table *t = &b->second[o->did];
    bool nested = o->pgtt == VTD_PGTT_NESTED;

    if (t->base)
        return t;
    *t = vtd_table(&b->u->regs, 4);
    t->base = io_alloc(b, 12);
    if (nested)                        /* tables of the first stage, where they are */
        for (uint64_t at = 0; at < TABLES_END / 256; at += 1 << 12)
            CHECK_EQ(vtdss_map(t, &b->io, at, at, 1, vtdss_attr(true, true)), 0);
    for (size_t i = 0; i < ARRAY_LEN(probes); i++)
        CHECK_EQ(vtdss_map(t, &b->io, probes[i].in, DATA | (probes[i].in & 0x1ff00000000), nested ? 1 : probes[i].level,
                           vtdss_attr(true, true)), 0);
    return t;
}

static const struct vtdfs_table *first(struct bench *b, const struct owner *o)
{
    struct vtdfs_table *t = &b->first[o->did][o->pasid];

    if (t->base)
        return t;
    *t = (struct vtdfs_table){ .levels = 4, .haw = 46, .page_1g = true, .snooped = true, .base = io_alloc(b, 12) };
    for (size_t i = 0; i < ARRAY_LEN(probes); i++)         /* nested: to guest pages of the same address */
        CHECK_EQ(vtdfs_map(t, &b->io, probes[i].in, o->pgtt == VTD_PGTT_NESTED ? probes[i].in : DATA, probes[i].level,
                           vtdfs_attr(true, true, true)), 0);
    return t;
}

static void write_owner(struct bench *b, const struct owner *o, uint64_t pasids)
{
    uint32_t pasid = o->pasid == NO_PASID ? 0 : (uint32_t)o->pasid;
    struct vtd_pasid p = { .did = o->did, .pgtt = o->pgtt };
    uint64_t words[VTD_PE_WORDS];

    if (o->pgtt != VTD_PGTT_FS)
        p.ss = *second(b, o);
    if (o->pgtt != VTD_PGTT_SS)
        p.fs = *first(b, o);
    vtd_encode_pasid(&p, words);
    system_table_write(b->sys, vtd_pasid_at(pasids, pasid), words, VTD_PE_WORDS);
}

/* A directory and a table of PASIDs for each function. */
static void write_function(struct bench *b, uint16_t sid)
{
    uint64_t dir = io_alloc(b, 12), pasids = io_alloc(b, 12), words[VTD_SCTX_WORDS];
    struct vtd_context c = { .paside = true, .dir = dir };

    vtd_encode_dir(pasids, words);
    system_table_write(b->sys, dir, words, VTD_PDE_WORDS);
    vtd_encode_scontext(&c, words);
    system_table_write(b->sys, vtd_scontext_at(CONTEXTS, sid & 0xff), words, VTD_SCTX_WORDS);
    for (size_t i = 0; i < ARRAY_LEN(owners); i++)
        if (owners[i].sid == sid)
            write_owner(b, &owners[i], pasids);
}

/* ---- a unit -------------------------------------------------------------------------------------- */

static void set(struct bench *b, const char *path, const char *text)
{
    CHECK_EQ(param_set_text(system_config_params(b->config), path, text, NULL, NULL, 0, 0), 0);
}

#define SET_STORE(member, path) set(b, "vtd." path ".sets", "1"); set(b, "vtd." path ".ways", "256");

static void up(struct bench *b, const char *key, bool caching)
{
    uint64_t root[VTD_ROOT_WORDS];

    memset(b, 0, sizeof *b);
    b->config = system_config_new(SYSTEM_VTD);
    b->next = TABLES;
    b->io = (struct table_io){ io_read, io_write, io_alloc, b };
    VTD_STORES(SET_STORE)
    set(b, "vtd.key", key);
    set(b, "vtd.cap", caching ? "0x1d2078c406f0686" : "0x1d2078c406f0606");
    set(b, "vtd.ecap", "0x23ed9ca4f050df");
    set(b, "vtd.haw", "46");
    set(b, "vtd.keep_absent", caching ? "yes" : "no");
    b->sys = system_new(b->config, 1, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    b->u = CONTAINER_OF(b->sys, struct vtd_system, sys);
    system_check(b->sys);
    vtd_encode_sroot(CONTEXTS, 0, root);
    system_table_write(b->sys, ROOT + (0x310 >> 8) * 16, root, VTD_ROOT_WORDS);
    write_function(b, 0x310);
    write_function(b, 0x311);
    write_function(b, 0x314);
    write_function(b, 0x318);
    system_reg_write(b->sys, VTD_REG_RTADDR, ROOT | VTD_TTM_SCALABLE << 10, 8);
    system_reg_write(b->sys, VTD_REG_GCMD, FIELD_MASK(GSTS, RTPS), 4);
    system_reg_write(b->sys, VTD_REG_GCMD, FIELD_MASK(GSTS, TES), 4);
}

static void down(struct bench *b)
{
    size_t n;
    uint64_t total;

    system_mismatches(b->sys, &n, &total);
    CHECK_EQ(total, 0);
    system_free(b->sys);
    system_config_free(b->config);
}

static uint8_t reach(struct bench *b, const struct owner *o, uint64_t in)
{
    struct xl_req req = { .addr = in, .sid = o->sid, .has_ssid = o->pasid != NO_PASID,
                          .ssid = o->pasid == NO_PASID ? 0 : (uint32_t)o->pasid };
    struct xl_result res;

    system_translate(b->sys, &req, &res, NULL);
    return res.outcome == XL_OK ? 0 : res.code;
}

static void fill(struct bench *b)
{
    for (size_t o = 0; o < ARRAY_LEN(owners); o++)
        for (size_t i = 0; i < ARRAY_LEN(probes); i++)
            CHECK_EQ(reach(b, &owners[o], probes[i].in), 0);
}

/* ---- what there is ------------------------------------------------------------------------------- */

static void note(const struct store_view *v, void *arg)
{
    struct bench *b = arg;

    CU_ASSERT_FATAL(b->n < ENTRIES);
    b->seen[b->n++] = (struct seen){ v->ctx, v->base, v->tag, b->store, (uint8_t)v->size_log2 };
}

static struct store *store_at(struct bench *b, unsigned i)
{
#define STORE_AT(member, path) &b->u->member,
    struct store *const list[] = { STORES(STORE_AT) };

    return list[i];
}

static void look_through(struct bench *b)
{
    b->n = 0;
    for (b->store = 0; b->store < STORE_COUNT; b->store++)
        store_each(store_at(b, b->store), note, b);
}

static bool is_there(struct bench *b, const struct seen *s)
{
    return store_peek(store_at(b, s->store), s->ctx, s->base) != NULL;
}

/* ---- the rule ------------------------------------------------------------------------------------ */

static uint8_t kind_of(uint16_t did)
{
    for (size_t i = 0; i < ARRAY_LEN(owners); i++)
        if (owners[i].did == did)
            return owners[i].pgtt;
    return VTD_PGTT_NONE;
}

static bool is(const struct seen *s, const char *prefix)
{
    return strncmp(store_names[s->store], prefix, strlen(prefix)) == 0;
}

static bool in_range(const struct vtd_inv *inv, const struct seen *s)
{
    uint64_t first_, last_;

    vtd_inv_range(inv, &first_, &last_);
    return first_ <= s->base + bits_low(s->size_log2) && s->base <= last_;
}

static bool goes_by_domain(const struct vtd_inv *inv, const struct seen *s, uint8_t kind, bool did)
{
    bool page = inv->g == VTD_IOTLB_PAGE;

    if (inv->g == VTD_IOTLB_GLOBAL)
        return is(s, "iotlb") || is(s, "gpa") || is(s, "wc") || is(s, "fwc");
    if (is(s, "iotlb"))
        return did && (kind == VTD_PGTT_NESTED || (kind == VTD_PGTT_SS && (!page || in_range(inv, s))));
    if (is(s, "gpa"))
        return did && (!page || in_range(inv, s));
    if (is(s, "wc"))
        return did && (!page || (!inv->ih && in_range(inv, s)));
    return is(s, "fwc") && did && kind == VTD_PGTT_NESTED;
}

static bool goes(const struct vtd_inv *inv, const struct seen *s)
{
    uint16_t sid = (uint16_t)FIELD_GET(VTD_TAG, SID, &s->tag), of = (uint16_t)FIELD_GET(VTD_TAG, DID, &s->tag);
    static const uint16_t masks[] = { 0xffff, 0xfffb, 0xfff9, 0xfff8 };
    bool did = of == inv->did, pasid = did && FIELD_GET(VTD_TAG, PASID, &s->tag) == inv->pasid;
    uint8_t kind = kind_of(of);

    switch (inv->type) {
    case VTD_INV_CC:
        return is(s, "cc") && (inv->g != VTD_CC_DEVICE || ((sid ^ inv->sid) & masks[inv->fm]) == 0);
    case VTD_INV_PC:
        return is(s, "pc") && (inv->g == VTD_PC_GLOBAL || (inv->g == VTD_PC_DOMAIN ? did : pasid));
    case VTD_INV_IOTLB:
        return goes_by_domain(inv, s, kind, did);
    default:
        if (!pasid || kind == VTD_PGTT_SS)
            return false;
        if (is(s, "iotlb"))
            return inv->g == VTD_PIOTLB_PASID || in_range(inv, s);
        return is(s, "fwc") && (inv->g == VTD_PIOTLB_PASID || (!inv->ih && in_range(inv, s)));
    }
}

/* ---- the descriptors ----------------------------------------------------------------------------- */

#define CC(...)     { .type = VTD_INV_CC, __VA_ARGS__ }
#define PC(...)     { .type = VTD_INV_PC, __VA_ARGS__ }
#define IOTLB(...)  { .type = VTD_INV_IOTLB, __VA_ARGS__ }
#define PIOTLB(...) { .type = VTD_INV_PIOTLB, __VA_ARGS__ }
#define PAGES(of, did_, ...)                                                                                       \
    of(.g = 3, .did = (did_), .addr = 0x40010000, __VA_ARGS__), of(.g = 3, .did = (did_), .addr = 0x40010000, .am = 2, __VA_ARGS__), \
    of(.g = 3, .did = (did_), .addr = 0x40012000, __VA_ARGS__), of(.g = 3, .did = (did_), .addr = 0x40014000, __VA_ARGS__), \
    of(.g = 3, .did = (did_), .addr = 0x40010000, .ih = true, __VA_ARGS__), of(.g = 3, .did = (did_), .addr = 0x403ff000, __VA_ARGS__), \
    of(.g = 3, .did = (did_), .addr = 0x40400000, __VA_ARGS__), of(.g = 3, .did = (did_), .addr = 0x40000000, .am = 9, __VA_ARGS__), \
    of(.g = 3, .did = (did_), .addr = 0xbffff000, __VA_ARGS__), of(.g = 3, .did = (did_), .addr = 0x5000000000, .am = 18, __VA_ARGS__)

static const struct vtd_inv descriptors[] = {
    CC(.g = VTD_CC_GLOBAL), CC(.g = VTD_CC_DOMAIN, .did = 5), CC(.g = VTD_CC_DEVICE, .sid = 0x310),
    CC(.g = VTD_CC_DEVICE, .sid = 0x310, .fm = 1), CC(.g = VTD_CC_DEVICE, .sid = 0x310, .fm = 2),
    CC(.g = VTD_CC_DEVICE, .sid = 0x316, .fm = 3), CC(.g = VTD_CC_DEVICE, .sid = 0x317),
    PC(.g = VTD_PC_GLOBAL), PC(.g = VTD_PC_DOMAIN, .did = 5), PC(.g = VTD_PC_DOMAIN, .did = 9),
    PC(.g = VTD_PC_PASID, .did = 7, .pasid = 5), PC(.g = VTD_PC_PASID, .did = 7, .pasid = 6),
    PC(.g = VTD_PC_PASID, .did = 9, .pasid = 7), PC(.g = VTD_PC_PASID, .did = 5, .pasid = 0),
    IOTLB(.g = VTD_IOTLB_GLOBAL), IOTLB(.g = VTD_IOTLB_DOMAIN, .did = 5), IOTLB(.g = VTD_IOTLB_DOMAIN, .did = 7),
    IOTLB(.g = VTD_IOTLB_DOMAIN, .did = 9), IOTLB(.g = VTD_IOTLB_DOMAIN, .did = 77),
    PAGES(IOTLB, 5), PAGES(IOTLB, 7), PAGES(IOTLB, 9),
    PIOTLB(.g = VTD_PIOTLB_PASID, .did = 5, .pasid = 9), PIOTLB(.g = VTD_PIOTLB_PASID, .did = 7, .pasid = 5),
    PIOTLB(.g = VTD_PIOTLB_PASID, .did = 8, .pasid = 5), PIOTLB(.g = VTD_PIOTLB_PASID, .did = 9, .pasid = 6),
    PIOTLB(.g = VTD_PIOTLB_PASID, .did = 9, .pasid = 8),
    PAGES(PIOTLB, 7, .pasid = 5), PAGES(PIOTLB, 9, .pasid = 7), PAGES(PIOTLB, 5, .pasid = 9),
};

static void execute(struct bench *b, const struct vtd_inv *inv)
{
    uint64_t words[VTD_INV_WORDS];

    vtd_inv_encode(inv, words);
    CHECK_EQ(system_command(b->sys, words, VTD_INV_WORDS), 0);
}

static void check(struct bench *b, const struct vtd_inv *inv)
{
    for (unsigned i = 0; i < b->n; i++) {
        const struct seen *s = &b->seen[i];

        if (is_there(b, s) != goes(inv, s))
            continue;
        fprintf(stderr, "\n%s g=%u did=%u pasid=%u addr=0x%llx am=%u ih=%u: an entry of %s, tag 0x%llx, at 0x%llx, size %u, %s\n",
                vtd_inv_name(inv->type), inv->g, inv->did, inv->pasid, (unsigned long long)inv->addr, inv->am, inv->ih,
                store_names[s->store], (unsigned long long)s->tag, (unsigned long long)s->base, s->size_log2,
                goes(inv, s) ? "stays" : "goes");
        CU_FAIL("an entry goes, or stays, that should not");
    }
}

static void each_descriptor(const char *key)
{
    struct bench b;

    up(&b, key, false);
    for (size_t i = 0; i < ARRAY_LEN(descriptors); i++) {
        fill(&b);
        look_through(&b);
        execute(&b, &descriptors[i]);
        check(&b, &descriptors[i]);
    }
    for (unsigned i = 0; i < STORE_COUNT; i++) {
        unsigned of = 0;

        for (unsigned k = 0; k < b.n; k++)
            of += b.seen[k].store == i;
        if (strcmp(store_names[i], "wc5") && strcmp(store_names[i], "fwc5") && strcmp(store_names[i], "iec"))
            CU_ASSERT(of > 0);         /* tables of four levels have none */
    }
    down(&b);
}

static void each_descriptor_removes_what_it_has_to_and_no_more_by_domain(void) { each_descriptor("domain"); }
static void each_descriptor_removes_what_it_has_to_and_no_more_by_source(void) { each_descriptor("source-id"); }

/* An IOTLB that is asked first does not know whether a function may have PASIDs. */
static void what_has_no_pasid_fills_nothing_for_what_has_one(void)
{
    const uint64_t context = vtd_scontext_at(CONTEXTS, 0x10);
    struct xl_req with = { .addr = 0x40010000, .sid = 0x310, .has_ssid = true };
    struct xl_result res;
    uint64_t word;
    struct bench b;

    up(&b, "source-id", false);
    b.u->impl.tlb_first = true;
    word = mem_read64(b.sys->mem, context) & ~FIELD_MASK(SCTX, PASIDE);
    system_table_write(b.sys, context, &word, 1);
    CHECK_EQ(reach(&b, &owners[0], with.addr), 0);
    system_translate(b.sys, &with, &res, NULL);
    CHECK_EQ(res.code, VTD_SCT_6);
    down(&b);
}

/* ---- caching mode -------------------------------------------------------------------------------- */

enum { HOLE = 0x40020000 };

static void what_is_not_present_is_kept_in_caching_mode(void)
{
    static const struct owner stranger = { 0x340, 0, NO_PASID, VTD_PGTT_SS };
    const struct owner *o = &owners[0], *pasid = &owners[1];
    struct vtd_inv page = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = o->did, .addr = HOLE, .ih = true },
                   device = { .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = stranger.sid };
    struct bench b;

    up(&b, "domain", true);
    CHECK_EQ(reach(&b, o, HOLE), VTD_SSS_2);
    CHECK_EQ(vtdss_map(&b.second[o->did], &b.io, HOLE, DATA, 1, vtdss_attr(true, true)), 0);
    CHECK_EQ(reach(&b, o, HOLE), VTD_SSS_2);               /* as it was */
    execute(&b, &page);
    CHECK_EQ(reach(&b, o, HOLE), 0);

    CHECK_EQ(reach(&b, &stranger, 0x1000), VTD_SCT_2);
    write_function(&b, stranger.sid);
    CHECK_EQ(reach(&b, &stranger, 0x1000), VTD_SCT_2);
    execute(&b, &device);
    for (unsigned i = 0; i < 2; i++)
        CHECK_EQ(reach(&b, &stranger, 0x1000), VTD_SPT_2); /* there is no PASID 0, and that is kept, too */

    CHECK_EQ(reach(&b, pasid, HOLE), VTD_SFS_2);
    CHECK_EQ(vtdfs_map(&b.first[pasid->did][pasid->pasid], &b.io, HOLE, DATA, 1, vtdfs_attr(true, true, true)), 0);
    CHECK_EQ(reach(&b, pasid, HOLE), 0);                   /* the first stage's never is */
    down(&b);
}

static void nothing_absent_is_kept_without_it(void)
{
    const struct owner *o = &owners[0];
    struct bench b;

    up(&b, "domain", false);
    CHECK_EQ(reach(&b, o, HOLE), VTD_SSS_2);
    CHECK_EQ(vtdss_map(&b.second[o->did], &b.io, HOLE, DATA, 1, vtdss_attr(true, true)), 0);
    CHECK_EQ(reach(&b, o, HOLE), 0);
    down(&b);
}

/* ---- what the oracle says ------------------------------------------------------------------------ */

/* How often it has seen old tables used since it was asked last. */
static uint64_t stale_uses(struct bench *b)
{
    uint64_t total, before = b->stale;
    size_t n;

    system_stale(b->sys, &n, &total);
    b->stale = total;
    return total - before;
}

static void reach_stale(struct bench *b, const struct owner *o, uint64_t in, bool stale)
{
    CHECK_EQ(reach(b, o, in), 0);
    CHECK_EQ(stale_uses(b), stale);
}

/* A page of each kind goes elsewhere; what does not speak of it leaves the old one in use. */
static void an_old_page_is_used_until_its_descriptor_comes(void)
{
    enum { IN = 0x40010000, ELSEWHERE = 0x64000000 };
    const struct owner *ss = &owners[0], *fs = &owners[1], *nested = &owners[2];
    const struct vtd_inv of_ss = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = ss->did, .addr = IN, .ih = true },
                         of_fs = { .type = VTD_INV_PIOTLB, .g = VTD_PIOTLB_PAGE, .did = fs->did, .pasid = 5, .addr = IN, .ih = true },
                         of_nested = { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_PAGE, .did = nested->did, .addr = IN };
    struct bench b;

    up(&b, "domain", false);
    fill(&b);
    CHECK_EQ(vtdss_map(&b.second[ss->did], &b.io, IN, ELSEWHERE, 1, vtdss_attr(true, true)), 0);
    CHECK_EQ(vtdfs_map(&b.first[fs->did][5], &b.io, IN, ELSEWHERE, 1, vtdfs_attr(true, true, true)), 0);
    CHECK_EQ(vtdss_map(&b.second[nested->did], &b.io, IN, ELSEWHERE, 1, vtdss_attr(true, true)), 0);
    execute(&b, &of_fs);
    reach_stale(&b, ss, IN, true);
    reach_stale(&b, fs, IN, false);
    reach_stale(&b, nested, IN, true);
    execute(&b, &of_ss);
    reach_stale(&b, ss, IN, false);
    reach_stale(&b, nested, IN, true);
    execute(&b, &of_nested);
    reach_stale(&b, nested, IN, false);
    down(&b);
}

static uint64_t word_at(struct bench *b, uint64_t pa) { return mem_read64(b->sys->mem, pa); }

static void write_word(struct bench *b, uint64_t pa, uint64_t value) { system_table_write(b->sys, pa, &value, 1); }

/* A table of the first stage is another one: IH = 1 leaves the entry that leads there. */
static void an_old_table_is_used_until_its_descriptor_comes(void)
{
    const struct owner *fs = &owners[1];
    struct vtd_inv page = { .type = VTD_INV_PIOTLB, .g = VTD_PIOTLB_PAGE, .did = fs->did, .pasid = 5, .addr = 0x40010000,
                            .ih = true };
    uint64_t at, copy;
    struct bench b;

    up(&b, "domain", false);
    fill(&b);
    at = (word_at(&b, b.first[fs->did][5].base) & bits_mask(51, 12)) + 8 * 1;      /* of 1 GiB to 2 GiB */
    copy = io_alloc(&b, 12);
    for (unsigned i = 0; i < 512; i++)
        write_word(&b, copy + 8 * i, word_at(&b, (word_at(&b, at) & bits_mask(51, 12)) + 8 * i));
    write_word(&b, at, copy | (word_at(&b, at) & 0xfff));
    write_word(&b, copy, word_at(&b, copy) & ~1ull);                               /* nothing is in its first 2 MiB */
    reach_stale(&b, fs, 0x40010000, true);
    execute(&b, &page);
    reach_stale(&b, fs, 0x40010000, true);
    page.ih = false;
    execute(&b, &page);
    CHECK_EQ(reach(&b, fs, 0x40010000), VTD_SFS_2);
    down(&b);
}

/* Structures above the tables: a PASID entry, a directory entry, a context, a root entry. */
static void old_structures_are_used_until_their_descriptors_come(void)
{
    const struct owner *fs = &owners[1];
    const struct vtd_inv contexts = { .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .sid = fs->sid },
                         pasids = { .type = VTD_INV_PC, .g = VTD_PC_PASID, .did = fs->did, .pasid = 5 },
                         pages = { .type = VTD_INV_PIOTLB, .g = VTD_PIOTLB_PASID, .did = fs->did, .pasid = 5 };
    uint64_t context = vtd_scontext_at(CONTEXTS, fs->sid & 0xff), root = ROOT + (fs->sid >> 8) * 16ull, dir, pe;
    struct bench b;

    up(&b, "domain", false);
    fill(&b);
    dir = word_at(&b, context) & bits_mask(51, 12);
    pe = vtd_pasid_at(word_at(&b, dir) & bits_mask(51, 12), 5);
    write_word(&b, pe, word_at(&b, pe) & ~1ull);
    reach_stale(&b, fs, 0x40010000, true);
    execute(&b, &pasids);
    execute(&b, &pages);
    CHECK_EQ(reach(&b, fs, 0x40010000), VTD_SPT_2);
    write_word(&b, pe, word_at(&b, pe) | 1);
    reach_stale(&b, fs, 0x40010000, false);                /* nothing absent was kept */

    write_word(&b, dir, word_at(&b, dir) & ~1ull);
    reach_stale(&b, fs, 0x40010000, true);
    execute(&b, &pasids);
    execute(&b, &pages);
    CHECK_EQ(reach(&b, fs, 0x40010000), VTD_SPD_2);
    write_word(&b, dir, word_at(&b, dir) | 1);

    reach_stale(&b, fs, 0x40010000, false);
    write_word(&b, context, word_at(&b, context) & ~1ull);
    write_word(&b, root, word_at(&b, root) & ~1ull);
    reach_stale(&b, fs, 0x40010000, true);
    execute(&b, &contexts);
    execute(&b, &pasids);
    execute(&b, &pages);
    CHECK_EQ(reach(&b, fs, 0x40010000), VTD_SRT_2);
    write_word(&b, root, word_at(&b, root) | 1);
    CHECK_EQ(reach(&b, fs, 0x40010000), VTD_SCT_2);
    write_word(&b, context, word_at(&b, context) | 1);
    reach_stale(&b, fs, 0x40010000, false);
    down(&b);
}

/* Accessed and dirty bits are the unit's to set: no change that anybody has to invalidate. */
static void marks_are_no_changes(void)
{
    const struct owner *fs = &owners[1], *nested = &owners[2];
    struct bench b;

    up(&b, "domain", false);
    CHECK_EQ(vtdfs_map(&b.first[fs->did][5], &b.io, HOLE, DATA, 1, 1 | 4), 0);
    CHECK_EQ(vtdfs_map(&b.first[nested->did][6], &b.io, HOLE, 0x40010000, 1, 1 | 4), 0);
    for (unsigned i = 0; i < 2; i++) {
        reach_stale(&b, fs, HOLE, false);
        reach_stale(&b, nested, HOLE, false);
    }
    CHECK_EQ(b.u->st.updates, 2);
    down(&b);
}

/* Software that changes what it likes and invalidates now and then: whatever comes out, the oracle can explain it. */
static void change_anything(struct bench *b, struct rng *rng)
{
    const struct owner *o = &owners[rng_below(rng, ARRAY_LEN(owners))];
    uint64_t context = vtd_scontext_at(CONTEXTS, o->sid & 0xff), dir = word_at(b, context) & bits_mask(51, 12);
    uint64_t pe = vtd_pasid_at(word_at(b, dir) & bits_mask(51, 12), o->pasid == NO_PASID ? 0 : (uint32_t)o->pasid);
    uint64_t in = probes[rng_below(rng, ARRAY_LEN(probes))].in, out = DATA + rng_below(rng, 16) * 0x200000;
    bool there = rng_below(rng, 3);

    switch (rng_below(rng, 8)) {
    case 0:
        write_word(b, pe, word_at(b, pe) ^ 1);
        break;
    case 1:
        write_word(b, dir, word_at(b, dir) ^ 1);
        break;
    case 2:
        write_word(b, context, word_at(b, context) ^ 1);
        break;
    case 3:
        write_word(b, ROOT + (o->sid >> 8) * 16ull, word_at(b, ROOT + (o->sid >> 8) * 16ull) ^ 1);
        break;
    case 4: case 5:
        if (o->pgtt != VTD_PGTT_SS)
            vtdfs_map(&b->first[o->did][o->pasid], &b->io, in, o->pgtt == VTD_PGTT_NESTED ? in : out, 1,
                      there ? vtdfs_attr(true, rng_below(rng, 2), true) : 0);
        break;
    default:
        if (o->pgtt != VTD_PGTT_FS)
            vtdss_map(&b->second[o->did], &b->io, in, out, 1, there ? vtdss_attr(true, rng_below(rng, 2)) : 0);
        break;
    }
}

static void access_anything(struct bench *b, struct rng *rng)
{
    const struct owner *o = &owners[rng_below(rng, ARRAY_LEN(owners))];
    struct xl_req req = { .addr = probes[rng_below(rng, ARRAY_LEN(probes))].in, .sid = o->sid, .write = rng_below(rng, 2),
                          .has_ssid = o->pasid != NO_PASID, .ssid = o->pasid == NO_PASID ? 0 : (uint32_t)o->pasid };
    struct xl_result res;

    system_translate(b->sys, &req, &res, NULL);
}

static void forgetful(const char *key, bool caching)
{
    struct rng rng;
    struct bench b;

    rng_init(&rng, 1, key);
    up(&b, key, caching);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t what = rng_below(&rng, 16);

        if (what < 3)
            change_anything(&b, &rng);
        else if (what < 5)
            execute(&b, &descriptors[rng_below(&rng, ARRAY_LEN(descriptors))]);
        else
            access_anything(&b, &rng);
    }
    CU_ASSERT(stale_uses(&b) > 100);
    down(&b);
}

static void forgetful_software_meets_no_mismatch(void)
{
    forgetful("domain", false);
    forgetful("source-id", false);
    forgetful("domain", true);
}

#define TESTS(T)                                                                                     \
    T(each_descriptor_removes_what_it_has_to_and_no_more_by_domain)                                  \
    T(each_descriptor_removes_what_it_has_to_and_no_more_by_source)                                  \
    T(what_has_no_pasid_fills_nothing_for_what_has_one)                                              \
    T(what_is_not_present_is_kept_in_caching_mode)                                                   \
    T(nothing_absent_is_kept_without_it)                                                             \
    T(an_old_page_is_used_until_its_descriptor_comes)                                                \
    T(an_old_table_is_used_until_its_descriptor_comes)                                               \
    T(old_structures_are_used_until_their_descriptors_come)                                          \
    T(marks_are_no_changes) T(forgetful_software_meets_no_mismatch)
TEST_SUITE("vtd_inval", TESTS)
