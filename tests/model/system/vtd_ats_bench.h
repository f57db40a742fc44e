/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd_ats_bench.h - a VT-d unit in scalable mode whose devices have TLBs, with tables written by hand: the function
 * DEVICE may do everything, PLAIN nothing but what needs no permission.  Without a PASID their requests have a second
 * stage, with PASID a first stage, with PASS_PASID none.
 */
#ifndef TESTS_MODEL_SYSTEM_VTD_ATS_BENCH_H
#define TESTS_MODEL_SYSTEM_VTD_ATS_BENCH_H
#include "base/sim.h"
#include "suite.h"
#include "system/vtd/vtd.h"

enum { DEVICE = 0x310, PLAIN = 0x318, PASID = 5, PASS_PASID = 9 };
enum { DID_SS = 5, DID_FS = 6, DID_PASS = 7 };
enum { ROOTS = 0x10000, CONTEXTS = 0x11000, DIRECTORY = 0x12000, PASIDS = 0x13000, TABLES = 0x100000 };
enum { IOVA = 0x40000000, PA = 0x80000000, PAGE = 0x1000 };
#define ATS_ECAP                                                                                        \
    (0xf00 | FIELD_MASK(ECAP, QI) | FIELD_MASK(ECAP, DT) | FIELD_MASK(ECAP, PT) | FIELD_MASK(ECAP, PRS) |      \
     FIELD_MASK(ECAP, SRS) | FIELD_MASK(ECAP, NWFS) | 19ull << ECAP_PSS_LO | FIELD_MASK(ECAP, PASID) |         \
     FIELD_MASK(ECAP, DIT) | FIELD_MASK(ECAP, PDS) | FIELD_MASK(ECAP, SMTS) | FIELD_MASK(ECAP, SSTS) |         \
     FIELD_MASK(ECAP, FSTS) | FIELD_MASK(ECAP, SMPWCS) | FIELD_MASK(ECAP, RPS))

struct bench {
    struct system_config *config;
    struct system *sys;
    struct vtd_system *u;
    struct vtdss_table ss;
    struct vtdfs_table fs;
    struct table_io io;
    uint64_t next;
    struct xl_result res;
    struct system_trail trail;
};

static inline uint64_t io_read(void *arg, uint64_t pa)
{
    return mem_read64(((struct bench *)arg)->sys->mem, pa);
}

static inline int io_write(void *arg, uint64_t pa, uint64_t value)
{
    return system_table_write(((struct bench *)arg)->sys, pa, &value, 1);
}

static inline uint64_t io_alloc(void *arg, unsigned bytes_log2)
{
    struct bench *b = arg;

    b->next += 1ull << bytes_log2;
    return b->next - (1ull << bytes_log2);
}

static inline void set(struct bench *b, const char *path, uint64_t value)
{
    uint64_t *word = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(param_find(system_config_params(b->config), path, &word));
    *word = value;
}

/* Stores of 64 entries each. */
static inline void config_up(struct bench *b)
{
    static const char *const store[] = { "iotlb", "cc", "pc", "wc2", "wc3", "wc4", "fwc2", "fwc3", "fwc4" };

    memset(b, 0, sizeof *b);
    b->config = system_config_new(SYSTEM_VTD);
    b->next = TABLES;
    b->io = (struct table_io){ io_read, io_write, io_alloc, b };
    for (unsigned i = 0; i < ARRAY_LEN(store); i++) {
        char path[40];

        snprintf(path, sizeof path, "vtd.%s.sets", store[i]);
        set(b, path, 64);
    }
    set(b, "vtd.ecap", ATS_ECAP);
    set(b, "vtd.cap", 0x00d2078c222f0606);     /* eight fault records */
    set(b, "device.atc.sets", 16);
}

static inline void map(struct bench *b, uint64_t iova, uint64_t pa, unsigned level, bool write)
{
    CHECK_EQ(vtdss_map(&b->ss, &b->io, iova, pa, level, vtdss_attr(true, write)), 0);
}

/* Of PASID. */
static inline void map_first(struct bench *b, uint64_t iova, uint64_t pa, bool write)
{
    CHECK_EQ(vtdfs_map(&b->fs, &b->io, iova, pa, 1, vtdfs_attr(true, write, true)), 0);
}

static inline void unmap(struct bench *b, uint64_t iova)
{
    unsigned size_log2;

    CHECK_EQ(vtdss_unmap(&b->ss, &b->io, iova, &size_log2), 0);
}

static inline void write_context(struct bench *b, unsigned sid, const struct vtd_context *c)
{
    uint64_t w[VTD_SCTX_WORDS];

    vtd_encode_scontext(c, w);
    system_table_write(b->sys, vtd_scontext_at(CONTEXTS, sid & 0xff), w, VTD_SCTX_WORDS);
}

static inline void write_pasid(struct bench *b, uint32_t pasid, const struct vtd_pasid *p)
{
    uint64_t w[VTD_PE_WORDS];

    vtd_encode_pasid(p, w);
    system_table_write(b->sys, vtd_pasid_at(PASIDS, pasid), w, VTD_PE_WORDS);
}

static inline void tables_up(struct bench *b)
{
    uint64_t root[VTD_ROOT_WORDS], dir;

    b->ss = vtd_table(&b->u->regs, 4);
    b->ss.base = io_alloc(b, 12);
    b->fs = (struct vtdfs_table){ .base = io_alloc(b, 12), .levels = 4, .haw = b->u->regs.haw, .snooped = true };
    vtd_encode_sroot(CONTEXTS, 0, root);
    system_table_write(b->sys, ROOTS + (DEVICE >> 8) * 16, root, VTD_ROOT_WORDS);
    write_context(b, DEVICE, &(struct vtd_context){ .dte = true, .pre = true, .paside = true, .dir = DIRECTORY });
    write_context(b, PLAIN, &(struct vtd_context){ .paside = true, .dir = DIRECTORY });
    vtd_encode_dir(PASIDS, &dir);
    system_table_write(b->sys, DIRECTORY, &dir, 1);
    write_pasid(b, 0, &(struct vtd_pasid){ .ss = b->ss, .did = DID_SS, .pgtt = VTD_PGTT_SS });
    write_pasid(b, PASID, &(struct vtd_pasid){ .fs = b->fs, .did = DID_FS, .pgtt = VTD_PGTT_FS });
    write_pasid(b, PASS_PASID, &(struct vtd_pasid){ .ss = b->ss, .did = DID_PASS, .pgtt = VTD_PGTT_PT });
    for (unsigned i = 0; i < 4; i++) {
        map(b, IOVA + i * PAGE, PA + i * PAGE, 1, true);
        map_first(b, IOVA + i * PAGE, 2ull * PA + i * PAGE, true);
    }
}

static inline void reg(struct bench *b, uint32_t at, uint64_t value)
{
    CHECK_EQ(system_reg_write(b->sys, at, value, vtd_reg_find(at)->bytes), 0);
}

/* Judged, from the first table on. */
static inline void system_up(struct bench *b)
{
    b->sys = system_new(b->config, 1, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    b->u = CONTAINER_OF(b->sys, struct vtd_system, sys);
    CHECK_EQ(system_check(b->sys), 0);
    tables_up(b);
    reg(b, VTD_REG_RTADDR, ROOTS | VTD_TTM_SCALABLE << RTADDR_TTM_LO);
    reg(b, VTD_REG_GCMD, FIELD_MASK(GSTS, RTPS));
    reg(b, VTD_REG_GCMD, FIELD_MASK(GSTS, TES));
}

static inline void up(struct bench *b)
{
    config_up(b);
    system_up(b);
}

static inline uint64_t mismatches(const struct bench *b)
{
    uint64_t total;
    size_t n;

    system_mismatches(b->sys, &n, &total);
    return total;
}

static inline void take_down(struct bench *b)
{
    system_free(b->sys);
    system_config_free(b->config);
}

static inline void down(struct bench *b)
{
    CHECK_EQ(mismatches(b), 0);
    take_down(b);
}

static inline uint64_t stale(const struct bench *b)
{
    uint64_t total;
    size_t n;

    system_stale(b->sys, &n, &total);
    return total;
}

static inline const struct ats_stats *stats(const struct bench *b) { return &b->sys->ats->st; }

static inline void access_as(struct bench *b, const struct xl_req *req)
{
    system_translate(b->sys, req, &b->res, &b->trail);
}

static inline void access_of(struct bench *b, uint64_t addr, bool write)
{
    access_as(b, &(struct xl_req){ .addr = addr, .sid = DEVICE, .write = write });
}

static inline void access_with(struct bench *b, uint32_t pasid, uint64_t addr, bool write)
{
    access_as(b, &(struct xl_req){ .addr = addr, .sid = DEVICE, .has_ssid = true, .ssid = pasid, .write = write });
}

static inline void is_translated(const struct bench *b, uint64_t pa, unsigned cls)
{
    CHECK_EQ(b->res.outcome, XL_OK);
    CHECK_EQ(b->res.pa, pa);
    CHECK_EQ(b->trail.cls, cls);
}

static inline void is_given_up(const struct bench *b)
{
    CHECK_EQ(b->res.outcome, XL_ATS_OK);
    CHECK_EQ(b->trail.cls, VTD_CLASS_ABORT);
}

static inline void give(struct bench *b, struct vtd_inv inv)
{
    uint64_t w[VTD_INV_WORDS];

    vtd_inv_encode(&inv, w);
    CHECK_EQ(system_command(b->sys, w, VTD_INV_WORDS), 0);
}

#endif
