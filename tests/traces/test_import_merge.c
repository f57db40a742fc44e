/* SPDX-License-Identifier: Apache-2.0
 *
 * Both sides of a run on one clock.  The runs are written by hand: the guest's clock says 100 s where the
 * host's says 1795200502 s, and function 01:00.1 maps, is walked, unmaps, invalidates.
 */
#define _GNU_SOURCE                      /* memmem */
#include "suite.h"

#include <stdarg.h>

#include "base/sim.h"
#include "import_bench.h"
#include "vtd_lines.h"
#include "vtd_memory.h"

#define SAMPLE SOURCE_DIR "/traces/samples/smmuv3-nvme-strict-cut"

/* ---- writing a run ------------------------------------------------------------------------------------- */

struct run { char device[32768], software[32768]; };

static void append(char *text, size_t size, const char *fmt, ...)
{
    size_t n = strlen(text);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text + n, size - n, fmt, ap);
    va_end(ap);
}

#define DEV(r, us, ...)                                                                            \
    do {                                                                                           \
        append((r)->device, sizeof (r)->device, "77@1795200502.%06u:", us);                         \
        append((r)->device, sizeof (r)->device, __VA_ARGS__);                                      \
        append((r)->device, sizeof (r)->device, "\n");                                             \
    } while (0)
#define SOFT(r, us, ...)                                                                           \
    do {                                                                                           \
        append((r)->software, sizeof (r)->software, "  dd-42  [001] .....  100.%06u: ", us);        \
        append((r)->software, sizeof (r)->software, __VA_ARGS__);                                  \
        append((r)->software, sizeof (r)->software, "\n");                                         \
    } while (0)

static void begin(struct run *r)
{
    memset(r, 0, sizeof *r);
    DEV(r, 1u, "vtd_reg_dmar_root addr 0x1000000 scalable 0");
}

static void map(struct run *r, unsigned us, uint64_t iova, uint64_t paddr, const char *dir)
{
    SOFT(r, us, "map: IOMMU: iova=0x%llx - 0x%llx paddr=0x%llx size=4096", (unsigned long long)iova,
         (unsigned long long)iova + 4096, (unsigned long long)paddr);
    SOFT(r, us, "dma_map_page: 0000:01:00.1 dir=%s dma_addr=%llx size=4096 phys_addr=%llx attrs=", dir,
         (unsigned long long)iova, (unsigned long long)paddr);
}

static void unmap(struct run *r, unsigned us, uint64_t iova)
{
    SOFT(r, us, "unmap: IOMMU: iova=0x%llx - 0x%llx size=4096 unmapped_size=4096",
         (unsigned long long)iova, (unsigned long long)iova + 4096);
    SOFT(r, us, "dma_unmap_page: 0000:01:00.1 dir=TO_DEVICE dma_addr=%llx size=4096 attrs=",
         (unsigned long long)iova);
}

static void access_page(struct run *r, unsigned us, uint64_t iova, uint64_t paddr, bool miss)
{
    if (miss)
        DEV(r, us, "vtd_iotlb_cc_%s bus 0x1 devfn 0x1 high 0x802 low 0x2000001 gen 1%s",
            strstr(r->device, "cc_update") ? "hit IOTLB context hit" : "update IOTLB context update",
            strstr(r->device, "cc_update") ? "" : " -> gen 1");
    DEV(r, us, "vtd_iotlb_page_%s sid 0x101 iova 0x%llx slpte 0x%llx domain 0x8",
        miss ? "update IOTLB page update" : "hit IOTLB page hit", (unsigned long long)iova + 8,
        (unsigned long long)paddr | 3);
    DEV(r, us, "vtd_dmar_translate dev 01:00.01 iova 0x%llx -> gpa 0x%llx mask 0xfff",
        (unsigned long long)iova, (unsigned long long)paddr);
}

static void invalidate(struct run *r, unsigned us, uint64_t iova)
{
    DEV(r, us, "vtd_inv_desc invalidate desc type iotlb high 0x%llx low 0x800f2", (unsigned long long)iova);
    DEV(r, us, "vtd_inv_desc invalidate desc type wait high 0x3000 low 0x200000025");
    DEV(r, us + 1, "vtd_reg_write addr 0x88 size 0x4 value 0x0");
}

/* Mappings of their own pages whose clocks agree: enough of them to find the offset by. */
static void fill(struct run *r, unsigned us, unsigned n)
{
    static const unsigned gap[] = { 0, 310, 770, 1130, 1810, 2270, 3010, 3530 };

    for (unsigned i = 0; i < n; i++) {
        uint64_t iova = 0xe0000000 + 0x1000 * (uint64_t)i, paddr = 0x60000000 + 0x1000 * (uint64_t)i;
        map(r, us + gap[i], iova, paddr, "TO_DEVICE");
        access_page(r, us + gap[i] + 50, iova, paddr, true);
        unmap(r, us + gap[i] + 90, iova);
        invalidate(r, us + gap[i] + 90, iova);
    }
}

static void merge(struct import_bench *b, const struct run *r)
{
    bench_up(b);
    bench_add(b, "device.log", r->device, strlen(r->device));
    bench_add(b, "software.txt", r->software, strlen(r->software));
    bench_run(b);
    if (!diag_empty(&b->diag))
        diag_print(&b->diag, stderr);
}

/* ---- looking at what came out --------------------------------------------------------------------------- */

/* Place of the n-th item of a kind with this address; the number of items if there is none. */
static size_t place(const struct import_bench *b, unsigned kind, uint64_t addr, size_t n)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->item[i].rec.kind == kind && b->item[i].rec.addr == addr && n-- == 0)
            return i;
    return b->n;
}

/* Place of the n-th TABLE word with this value. */
static size_t word_place(const struct import_bench *b, uint64_t value, size_t n)
{
    for (size_t i = 0; i < b->n; i++)
        for (unsigned k = 0; b->item[i].rec.kind == REC_TABLE && k < b->item[i].rec.words; k++)
            if (b->item[i].ext.w[k] == value && n-- == 0)
                return i;
    return b->n;
}

static size_t command_place(const struct import_bench *b, uint64_t iova, size_t n)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->item[i].rec.kind == REC_COMMAND && (b->item[i].ext.w[0] & 15) == 2 &&
            (b->item[i].ext.w[1] & ~0xfffull) == iova && n-- == 0)
            return i;
    return b->n;
}

/* Every access that was walked finds in memory what the log says; so does the trace hold together. */
static void check_walks(const struct import_bench *b)
{
    size_t accesses = bench_count(b, REC_READ) + bench_count(b, REC_WRITE), wrong = 0;

    for (size_t i = 0; i < accesses; i++) {
        struct rec_expect e = bench_outcome(b, REC_LOGGED, i);
        unsigned level;
        if (e.outcome == REC_O_OK && !e.hits)
            wrong += (walk_of(b, i, false, &level) & ~0xfffull) != (e.pa & ~0xfffull);
        if (e.outcome == REC_O_FAULT)
            wrong += walk_of(b, i, e.code == 5, &level) != e.code;
    }
    CHECK_EQ(wrong, 0);
}

static void check_pairs(const struct import_bench *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->item[i].rec.kind == REC_EXPECT)
            CU_ASSERT(i && (b->item[i - 1].rec.kind == REC_READ || b->item[i - 1].rec.kind == REC_WRITE));
}

/* ---- placed by the clock --------------------------------------------------------------------------------- */

enum { IOVA = 0xfff01000, OTHER = 0xfff02000 };

static void a_map_brings_its_words_and_an_unmap_clears_them(void)
{
    struct import_bench b;
    struct run r;
    size_t mapped, written, unmapped, cleared;

    begin(&r);
    fill(&r, 10000, 4);
    map(&r, 20000, IOVA, 0x48000000, "FROM_DEVICE");
    access_page(&r, 20500, IOVA, 0x48000000, true);
    unmap(&r, 21000, IOVA);
    access_page(&r, 20700, OTHER, 0x7000000, true);
    invalidate(&r, 21000, IOVA);
    merge(&b, &r);
    CHECK_EQ(b.rc, 0);
    mapped = place(&b, REC_MAP, IOVA, 0);
    written = word_place(&b, 0x48000003, 0);
    unmapped = place(&b, REC_UNMAP, IOVA, 0);
    CU_ASSERT_FATAL(mapped < b.n && written < b.n && unmapped < b.n);
    CHECK_EQ(written, mapped + 1);
    CU_ASSERT(written < place(&b, REC_WRITE, IOVA + 8, 0));
    CU_ASSERT(place(&b, REC_WRITE, IOVA + 8, 0) < unmapped);
    cleared = unmapped + 1;
    CHECK_EQ(b.item[cleared].rec.kind, REC_TABLE);
    CHECK_EQ(b.item[cleared].rec.addr, b.item[written].rec.addr);
    CHECK_EQ(b.item[cleared].ext.w[0], 0);
    CU_ASSERT(cleared < command_place(&b, IOVA, 0));
    CHECK_EQ(word_place(&b, 0x48000003, 1), b.n);            /* not again at its walk */
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "maps placed by the clock"), 5);
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "unmaps placed by the clock"), 5);
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "maps placed beside a walk or an invalidation"), 0);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON,
             "descriptors left at their first walk: no map of the software side fits"), 1);     /* OTHER */
    check_walks(&b);
    check_pairs(&b);
    bench_down(&b);
}

static void a_map_of_one_direction_gives_it_to_its_accesses(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 2);
    map(&r, 20000, IOVA, 0x48000000, "FROM_DEVICE");
    map(&r, 20010, OTHER, 0x49000000, "BIDIRECTIONAL");
    access_page(&r, 20500, IOVA, 0x48000000, true);
    access_page(&r, 20600, IOVA, 0x48000000, false);
    access_page(&r, 20700, OTHER, 0x49000000, true);
    access_page(&r, 20800, IOVA, 0x77000000, true);          /* not what the map says */
    merge(&b, &r);
    CHECK_EQ(bench_count(&b, REC_WRITE), 2);
    CHECK_EQ(bench_nth(&b, REC_WRITE, 0)->rec.flags, 0);
    CHECK_EQ(b.item[place(&b, REC_READ, 0xe0000008, 0)].rec.flags, 0);           /* TO_DEVICE */
    CHECK_EQ(b.item[place(&b, REC_READ, OTHER + 8, 0)].rec.flags, REC_F_NODIR);
    CHECK_EQ(b.item[place(&b, REC_READ, IOVA + 8, 0)].rec.flags, REC_F_NODIR);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON, "directions of accesses, by their mapping"), 4);
    bench_down(&b);
}

static void pages_side_by_side_share_a_record(void)
{
    struct import_bench b;
    struct run r;
    size_t at;

    begin(&r);
    fill(&r, 10000, 2);
    SOFT(&r, 20000u, "map: IOMMU: iova=0xfff00000 - 0xfff04000 paddr=0x48000000 size=16384");
    SOFT(&r, 20001u, "dma_map_page: 0000:01:00.1 dir=TO_DEVICE dma_addr=fff00000 size=16384 phys_addr=48000000 attrs=");
    for (unsigned i = 0; i < 4; i++)
        if (i != 2)
            access_page(&r, 20500 + i, 0xfff00000 + 0x1000 * i, 0x48000000 + 0x1000 * i, true);
    merge(&b, &r);
    at = word_place(&b, 0x48000003, 0);
    CU_ASSERT_FATAL(at + 1 < b.n);
    CHECK_EQ(b.item[at].rec.words, 2);
    CHECK_EQ(b.item[at].ext.w[1], 0x48001003);
    CHECK_EQ(b.item[at + 1].rec.words, 1);                   /* the third page was never walked */
    CHECK_EQ(b.item[at + 1].ext.w[0], 0x48003003);
    check_walks(&b);
    bench_down(&b);
}

/* ---- clamped ------------------------------------------------------------------------------------------------ */

static void a_map_comes_before_the_walk_that_shows_it(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 6);
    access_page(&r, 20500, IOVA, 0x48000000, true);
    map(&r, 20530, IOVA, 0x48000000, "TO_DEVICE");           /* the guest's clock is 30 us ahead */
    access_page(&r, 20600, IOVA, 0x48000000, false);
    merge(&b, &r);
    CU_ASSERT(place(&b, REC_MAP, IOVA, 0) < place(&b, REC_READ, IOVA + 8, 0));
    CHECK_EQ(word_place(&b, 0x48000003, 0), place(&b, REC_MAP, IOVA, 0) + 1);
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "maps placed beside a walk or an invalidation"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "maps placed by the clock"), 6);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "records whose time went back (given the time before)"), 0);
    check_walks(&b);
    check_pairs(&b);
    bench_down(&b);
}

static void a_map_comes_after_the_invalidation_of_what_was_there(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 6);
    map(&r, 20000, IOVA, 0x48000000, "TO_DEVICE");
    access_page(&r, 20100, IOVA, 0x48000000, true);
    unmap(&r, 20180, IOVA);
    map(&r, 20185, IOVA, 0x49000000, "TO_DEVICE");           /* before the invalidation, says the clock */
    invalidate(&r, 20200, IOVA);
    access_page(&r, 20300, IOVA, 0x49000000, true);
    merge(&b, &r);
    CU_ASSERT(place(&b, REC_UNMAP, IOVA, 0) < command_place(&b, IOVA, 0));
    CU_ASSERT(command_place(&b, IOVA, 0) < place(&b, REC_MAP, IOVA, 1));
    for (size_t i = command_place(&b, IOVA, 0); i < place(&b, REC_MAP, IOVA, 1); i++)
        if (b.item[i].rec.kind == REC_DOORBELL)
            CHECK_EQ(i + 1, place(&b, REC_MAP, IOVA, 1));
    CU_ASSERT(place(&b, REC_MAP, IOVA, 1) < place(&b, REC_READ, IOVA + 8, 1));
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "maps placed beside a walk or an invalidation"), 1);
    check_walks(&b);
    bench_down(&b);
}

static void an_unmap_comes_after_the_last_walk_that_shows_its_map(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 6);
    map(&r, 20000, IOVA, 0x48000000, "TO_DEVICE");
    access_page(&r, 20100, IOVA, 0x48000000, true);
    unmap(&r, 20150, IOVA);
    access_page(&r, 20180, IOVA, 0x48000000, true);          /* walked again: it was still there */
    invalidate(&r, 20200, IOVA);
    merge(&b, &r);
    CU_ASSERT(place(&b, REC_READ, IOVA + 8, 1) < place(&b, REC_UNMAP, IOVA, 0));
    CU_ASSERT(place(&b, REC_UNMAP, IOVA, 0) < command_place(&b, IOVA, 0));
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "unmaps placed beside a walk or an invalidation"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "descriptors of a map written again at their walk"), 0);
    check_walks(&b);
    bench_down(&b);
}

static void an_unmap_comes_before_its_invalidation(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 6);
    map(&r, 20000, IOVA, 0x48000000, "TO_DEVICE");
    access_page(&r, 20100, IOVA, 0x48000000, true);
    invalidate(&r, 20200, IOVA);
    unmap(&r, 20240, IOVA);                                  /* the guest's clock is 40 us ahead */
    access_page(&r, 20300, OTHER, 0x7000000, true);
    merge(&b, &r);
    CU_ASSERT(place(&b, REC_UNMAP, IOVA, 0) < command_place(&b, IOVA, 0));
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "unmaps placed beside a walk or an invalidation"), 1);
    check_walks(&b);
    bench_down(&b);
}

static void a_fault_of_an_unmapped_page_stays_a_fault(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 6);
    map(&r, 20000, IOVA, 0x48000000, "TO_DEVICE");
    access_page(&r, 20100, IOVA, 0x48000000, true);
    unmap(&r, 20200, IOVA);
    invalidate(&r, 20200, IOVA);
    DEV(&r, 20300u, "vtd_iotlb_cc_hit IOTLB context hit bus 0x1 devfn 0x1 high 0x802 low 0x2000001 gen 1");
    DEV(&r, 20300u, "vtd_dmar_fault sid 0x101 fault 6 addr 0xfff01008 write 0");
    map(&r, 20400, IOVA, 0x49000000, "TO_DEVICE");
    access_page(&r, 20500, IOVA, 0x49000000, true);
    merge(&b, &r);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 7).outcome, REC_O_FAULT);
    check_walks(&b);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "descriptors of a map written again at their walk"), 0);
    bench_down(&b);
}

/* ---- without knowing the device --------------------------------------------------------------------------- */

/* The same run as an older kernel tells it. */
static void drop_dma_lines(struct run *r)
{
    char kept[sizeof r->software] = "", *line = r->software, *end;

    for (; *line; line = end) {
        end = strchr(line, '\n') + 1;
        if (!memmem(line, (size_t)(end - line), "dma_", 4))
            append(kept, sizeof kept, "%.*s", (int)(end - line), line);
    }
    memcpy(r->software, kept, sizeof kept);
}

static void walks_name_the_device_of_a_map(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 6);
    map(&r, 20000, IOVA, 0x48000000, "TO_DEVICE");
    access_page(&r, 20100, IOVA, 0x48000000, true);
    unmap(&r, 20200, IOVA);
    invalidate(&r, 20200, IOVA);
    drop_dma_lines(&r);
    merge(&b, &r);
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_stream_sid(b.im, b.item[place(&b, REC_MAP, IOVA, 0)].rec.stream), 0x101);
    CHECK_EQ(import_stream_sid(b.im, b.item[place(&b, REC_UNMAP, IOVA, 0)].rec.stream), 0x101);
    CHECK_EQ(b.item[place(&b, REC_MAP, IOVA, 0)].ext.w[3], 0);
    CHECK_EQ(b.item[place(&b, REC_MAP, IOVA, 0)].ext.w[2], b.item[place(&b, REC_UNMAP, IOVA, 0)].ext.w[1]);
    CHECK_EQ(bench_count(&b, REC_ATTACH), 1);
    CHECK_EQ(bench_nth(&b, REC_ATTACH, 0)->rec.flags, REC_F_RECON);
    CHECK_EQ(bench_nth(&b, REC_READ, 6)->rec.flags, REC_F_NODIR);
    check_walks(&b);
    bench_down(&b);
}

/* ---- without invalidations by address --------------------------------------------------------------------- */

static void a_lazy_run_is_compared_by_first_walks(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t iova = 0xe0000000 + 0x1000 * (uint64_t)i, paddr = 0x60000000 + 0x5000 * (uint64_t)i;
        map(&r, 10000 + i * 311, iova, paddr, "TO_DEVICE");
        access_page(&r, 10000 + i * 311 + 20 + 7 * i, iova, paddr, true);
        unmap(&r, 10000 + i * 311 + 200, iova);
    }
    DEV(&r, 30000u, "vtd_inv_desc invalidate desc type iotlb high 0x0 low 0x800e2");
    merge(&b, &r);
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "clocks compared by maps and the first walk that shows them"), 8);
    for (unsigned i = 0; i < 8; i++)
        CU_ASSERT(place(&b, REC_MAP, 0xe0000000 + 0x1000 * i, 0) < place(&b, REC_READ, 0xe0000008 + 0x1000 * i, 0));
    CU_ASSERT(place(&b, REC_UNMAP, 0xe0007000, 0) < b.n);
    check_walks(&b);
    bench_down(&b);
}

/* ---- two files that are not one run, and damage -------------------------------------------------------------- */

static void two_sides_of_different_runs_are_refused(void)
{
    struct import_bench b;
    struct run r, s;

    begin(&r);
    fill(&r, 10000, 8);
    begin(&s);
    for (unsigned i = 0; i < 8; i++) {
        map(&s, 10000 + i * 300, 0xd0000000 + 0x1000 * i, 0x50000000, "TO_DEVICE");
        unmap(&s, 10100 + i * 300, 0xd0000000 + 0x1000 * i);
    }
    memcpy(r.software, s.software, sizeof r.software);
    bench_up(&b);
    bench_add(&b, "device.log", r.device, strlen(r.device));
    bench_add(&b, "software.txt", r.software, strlen(r.software));
    bench_run(&b);
    CHECK_EQ(b.rc, SIM_EINPUT);
    CHECK_EQ(b.n, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, "expected the two sides of one run"));
    bench_down(&b);
}

static void a_run_cut_anywhere_is_merged_or_refused(void)
{
    struct run r;

    begin(&r);
    fill(&r, 10000, 8);
    map(&r, 20000, IOVA, 0x48000000, "TO_DEVICE");
    access_page(&r, 20500, IOVA, 0x48000000, true);
    for (size_t cut = 0; cut < strlen(r.device); cut += 97) {
        struct import_bench b;
        bench_up(&b);
        bench_add(&b, "device.log", r.device, cut);
        bench_add(&b, "software.txt", r.software, strlen(r.software) - cut / 3);
        bench_run(&b);
        CU_ASSERT(b.rc == 0 || b.rc == SIM_EINPUT);
        if (b.rc == 0)
            check_walks(&b);
        bench_down(&b);
    }
}

static void hostile_numbers_do_no_harm(void)
{
    struct import_bench b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 4);
    SOFT(&r, 20000u, "map: IOMMU: iova=0x0 - 0xffffffffffffffff paddr=0x0 size=18446744073709551615");
    SOFT(&r, 20001u, "unmap: IOMMU: iova=0xffffffffffffffff - 0x0 size=1 unmapped_size=18446744073709551615");
    append(r.software, sizeof r.software, "  dd-42  [001] .....  18446744072.999999: map: IOMMU: "
           "iova=0xfffffffffffff000 - 0x0 paddr=0xfffffffffffff000 size=4096\n");
    DEV(&r, 20500u, "vtd_inv_desc invalidate desc type iotlb high 0xffffffffffffffff low 0xffffffffffffffb2");
    append(r.device, sizeof r.device, "77@9223372035.000000:vtd_reset_exit \n");
    merge(&b, &r);
    CHECK_EQ(b.rc, 0);
    check_walks(&b);
    bench_down(&b);
}

/* ---- a real one ------------------------------------------------------------------------------------------------ */

static void the_sample_merges_without_a_contradiction(void)
{
    struct import_bench b;

    bench_up(&b);
    bench_add_file(&b, SAMPLE ".qemu.log.zst");
    bench_add_file(&b, SAMPLE ".ftrace.txt.zst");
    bench_run(&b);
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "descriptors of a map written again at their walk"), 0);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "accesses against the direction of their mapping"), 0);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "walks that show a mapping after its invalidation"), 0);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON,
             "descriptors left at their first walk: no map of the software side fits"), 2);
    CHECK_EQ(import_records(b.im, REC_MAP), import_counted(b.im, IMPORT_USED, "map"));
    CHECK_EQ(import_records(b.im, REC_UNMAP), import_counted(b.im, IMPORT_USED, "unmap"));
    CHECK_EQ(import_counted(b.im, IMPORT_USED, "maps placed by the clock"), import_records(b.im, REC_MAP));
    check_pairs(&b);
    bench_down(&b);
}

static void the_same_files_give_the_same_trace(void)
{
    struct import_bench a, b;
    struct run r;

    begin(&r);
    fill(&r, 10000, 8);
    merge(&a, &r);
    merge(&b, &r);
    CHECK_EQ(a.n, b.n);
    CHECK_EQ(memcmp(a.item, b.item, a.n * sizeof *a.item), 0);
    bench_down(&a);
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(a_map_brings_its_words_and_an_unmap_clears_them)                                              \
    T(a_map_of_one_direction_gives_it_to_its_accesses) T(pages_side_by_side_share_a_record)         \
    T(a_map_comes_before_the_walk_that_shows_it)                                                    \
    T(a_map_comes_after_the_invalidation_of_what_was_there)                                         \
    T(an_unmap_comes_after_the_last_walk_that_shows_its_map)                                        \
    T(an_unmap_comes_before_its_invalidation) T(a_fault_of_an_unmapped_page_stays_a_fault)          \
    T(walks_name_the_device_of_a_map) T(a_lazy_run_is_compared_by_first_walks)                      \
    T(two_sides_of_different_runs_are_refused) T(a_run_cut_anywhere_is_merged_or_refused)           \
    T(hostile_numbers_do_no_harm) T(the_sample_merges_without_a_contradiction)                      \
    T(the_same_files_give_the_same_trace)
TEST_SUITE("import_merge", TESTS)
