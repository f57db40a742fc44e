/* SPDX-License-Identifier: Apache-2.0
 *
 * A Linux trace's text: every printed form, what it becomes, and what does not fit together.
 */
#include "suite.h"

#include <unistd.h>

#include "base/sim.h"
#include "import_bench.h"
#include "traces/import/ftrace_line.h"

/* One line of the tracefs file: task dd-42 on processor 1 unless said otherwise. */
#define LINE(us, text) "              dd-42      [001] d.h..   100." #us ": " text "\n"
#define IRQ(us, text)  "          <idle>-0       [001] d.h..   100." #us ": " text "\n"
#define MAP(us, iova, end, paddr, size)                                                            \
    LINE(us, "map: IOMMU: iova=0x00000000" iova " - 0x00000000" end " paddr=0x00000000" paddr " size=" size)
#define UNMAP(us, iova, end, size)                                                                 \
    LINE(us, "unmap: IOMMU: iova=0x00000000" iova " - 0x00000000" end " size=" size " unmapped_size=" size)
#define PAGE "dir=FROM_DEVICE dma_addr=fff01040 size=512 "

static struct ftrace_event parse(const char *line)
{
    struct ftrace_event e;

    ftrace_parse(line, strlen(line), &e);
    return e;
}

static bool is(struct ftrace_text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.at, s, t.len) == 0;
}

/* ---- the printed forms [trace-formats 2.7] -------------------------------------------------------- */

#define MAP_BODY "IOMMU: iova=0x00000000fffff000 - 0x0000000100000000 paddr=0x0000000102345000 size=4096"

static void check_map(const char *line, uint64_t time_ns, uint32_t pid, uint32_t cpu)
{
    struct ftrace_event e = parse(line);

    CHECK_EQ(e.kind, FTRACE_MAP);
    CHECK_EQ(e.time_ns, time_ns);
    CHECK_EQ(e.pid, pid);
    CHECK_EQ(e.cpu, cpu);
    CHECK_EQ(e.addr, 0xfffff000);
    CHECK_EQ(e.end, 0x100000000);
    CHECK_EQ(e.paddr, 0x102345000);
    CHECK_EQ(e.size, 4096);
    CU_ASSERT(e.has_time);
}

static void every_printed_form_says_the_same(void)
{
    check_map("          iperf3-2133    [003] d.s1.  1234.567890: map: " MAP_BODY, 1234567890000, 2133, 3);
    check_map("          iperf3-2133    [003] ...1  1234.567890: map: " MAP_BODY, 1234567890000, 2133, 3);
    check_map("          iperf3-2133    (   2130) [003] d.s1.  1234.567890: map: " MAP_BODY, 1234567890000,
              2133, 3);
    check_map("          iperf3-2133    (-------) [003] .....  1234.567890: map: " MAP_BODY, 1234567890000,
              2133, 3);
    check_map("          iperf3-2133  [003]  1234.567890: map:                  " MAP_BODY, 1234567890000,
              2133, 3);
    check_map("          iperf3-2133  [003]  1234.567890123: map:                  " MAP_BODY,
              1234567890123, 2133, 3);
    check_map("          iperf3-2133  [003] d.s1.  1234.567890: map:                  " MAP_BODY,
              1234567890000, 2133, 3);
    check_map("          iperf3  2133 [003]  1234.567890:            iommu:map: " MAP_BODY, 1234567890000,
              2133, 3);
    check_map("          iperf3  2133 [003]  1234.567890123:            iommu:map: " MAP_BODY,
              1234567890123, 2133, 3);
}

static void a_task_may_have_any_name(void)
{
    check_map("    kworker/u8:1-28      [000] .....     3.105177: map: " MAP_BODY, 3105177000, 28, 0);
    check_map("    Web Content: 7  2133 [011]     3.105177:   iommu:map: " MAP_BODY, 3105177000, 2133, 11);
    check_map("    a [12] b-7 [1] 1.5: x-99  [002] .....     3.105177: map: " MAP_BODY, 3105177000, 99, 2);
    check_map("          <...>-4711     [002] .....     3.105177: map: " MAP_BODY, 3105177000, 4711, 2);
}

static void a_clock_without_fraction_gives_the_order_only(void)
{
    struct ftrace_event e = parse("   dd-42  [001] .....  17: map: " MAP_BODY);

    CHECK_EQ(e.kind, FTRACE_MAP);
    CHECK_EQ(e.time_ns, 17);
    CU_ASSERT_FALSE(e.has_time);
}

static void lost_events_are_found_in_every_form(void)
{
    CHECK_EQ(parse("CPU:3 [LOST 512 EVENTS]").kind, FTRACE_LOST);
    CHECK_EQ(parse("CPU:3 [LOST 512 EVENTS]").count, 512);
    CHECK_EQ(parse("CPU:3 [EVENTS DROPPED]").kind, FTRACE_LOST);
    CHECK_EQ(parse("CPU:3 [EVENTS DROPPED]").count, 0);
    CHECK_EQ(parse("  CPU:11 [77 EVENTS DROPPED]").count, 77);
    CHECK_EQ(parse("dd 42 [001] 3.105177: PERF_RECORD_LOST lost 12").kind, FTRACE_LOST);
    CHECK_EQ(parse("dd 42 [001] 3.105177: PERF_RECORD_LOST lost 12").count, 12);
}

static void headers_are_nothing(void)
{
    CHECK_EQ(parse("# tracer: nop").kind, FTRACE_NOTHING);
    CHECK_EQ(parse("cpus=2").kind, FTRACE_NOTHING);
    CHECK_EQ(parse("").kind, FTRACE_NOTHING);
    CHECK_EQ(parse("##### CPU 1 buffer started ####").kind, FTRACE_NOTHING);
}

static void the_fields_of_dma_events_are_read_by_name(void)
{
    struct ftrace_event e =
        parse("   dd-1 [001] ..... 1.000000: dma_map_phys: 0000:01:00.0 dir=FROM_DEVICE dma_addr=fffff000 "
              "size=1500 phys_addr=102345000 attrs=NO_WARN|MMIO");

    CHECK_EQ(e.kind, FTRACE_DMA_MAP);
    CU_ASSERT(is(e.device, "0000:01:00.0"));
    CHECK_EQ(e.dir, FTRACE_FROM_DEVICE);
    CHECK_EQ(e.addr, 0xfffff000);
    CHECK_EQ(e.size, 1500);
    CHECK_EQ(e.paddr, 0x102345000);
    e = parse("   dd-1 [001] ..... 1.000000: dma_alloc: 0000:01:00.0 dma_addr=ffffe000 size=512 "
              "virt_addr=000000007aef14aa flags=GFP_KERNEL attrs=");
    CHECK_EQ(e.kind, FTRACE_DMA_ALLOC);
    CHECK_EQ(e.dir, FTRACE_DIR_UNKNOWN);
    CHECK_EQ(e.addr, 0xffffe000);
    e = parse("   dd-1 [001] ..... 1.000000: dma_unmap_page: 0000:00:03.0 dir=TO_DEVICE dma_addr=fffef878 "
              "size=16 attrs=");
    CHECK_EQ(e.kind, FTRACE_DMA_UNMAP);
    CHECK_EQ(e.dir, FTRACE_TO_DEVICE);
}

static void a_scatter_list_is_read_in_both_layouts(void)
{
    struct ftrace_event e = parse("   dd-1 [001] ..... 1.000000: dma_map_sg: 0000:01:00.0 dir=TO_DEVICE "
                                  "nents=2/2 ents=1/1 dma_addrs={0xfff3a000} sizes={0x2000} "
                                  "phys_addrs={0x48676000,0x486bd000} attrs=NO_WARN");
    uint64_t v;

    CHECK_EQ(e.kind, FTRACE_DMA_MAP_SG);
    CU_ASSERT_FALSE(e.truncated);
    CU_ASSERT_TRUE(ftrace_list_next(&e.sizes, &v));
    CHECK_EQ(v, 0x2000);
    CU_ASSERT_FALSE(ftrace_list_next(&e.sizes, &v));
    CU_ASSERT_TRUE(ftrace_list_next(&e.paddrs, &v));
    CU_ASSERT_TRUE(ftrace_list_next(&e.paddrs, &v));
    CHECK_EQ(v, 0x486bd000);
    CU_ASSERT_FALSE(ftrace_list_next(&e.paddrs, &v));
    e = parse("   dd-1 [001] ..... 1.000000: dma_map_sg: 0000:01:00.0 dir=TO_DEVICE dma_addrs={0xfff3a000} "
              "sizes={0x2000} phys_addrs={0x48676000} attrs=");
    CHECK_EQ(e.kind, FTRACE_DMA_MAP_SG);
    e = parse("   dd-1 [001] ..... 1.000000: dma_map_sg: 0000:01:00.0 dir=TO_DEVICE nents=128/512 "
              "ents=1/1 [TRUNCATED] dma_addrs={0xfff3a000} sizes={0x2000} phys_addrs={0x48676000} attrs=");
    CU_ASSERT_TRUE(e.truncated);
}

static void a_name_gives_the_requester_id(void)
{
    uint32_t id = 0;

#define TEXT(s) (struct ftrace_text){ s, sizeof s - 1 }
    CU_ASSERT_TRUE(ftrace_pci_id(TEXT("0000:01:00.0"), &id));
    CHECK_EQ(id, 0x100);
    CU_ASSERT_TRUE(ftrace_pci_id(TEXT("0000:ff:1f.7"), &id));
    CHECK_EQ(id, 0xffff);
    CU_ASSERT_TRUE(ftrace_pci_id(TEXT("0002:00:02.1"), &id));
    CHECK_EQ(id, 0x20011);
    CU_ASSERT_FALSE(ftrace_pci_id(TEXT("9050000.smmuv3"), &id));
    CU_ASSERT_FALSE(ftrace_pci_id(TEXT("0000:01:20.0"), &id));
    CU_ASSERT_FALSE(ftrace_pci_id(TEXT("0000:01:00.8"), &id));
    CU_ASSERT_FALSE(ftrace_pci_id(TEXT("0000:01:00.0x"), &id));
    CU_ASSERT_FALSE(ftrace_pci_id(TEXT("0000:01:00"), &id));
}

/* ---- records ------------------------------------------------------------------------------------------ */

static uint32_t sid_of(const struct import_bench *b, const struct import_item *it)
{
    return import_stream_sid(b->im, it->rec.stream);
}

static void a_map_gets_device_and_direction_of_the_event_behind_it(void)
{
    struct import_bench b;
    const struct import_item *it;

    bench_text(&b, MAP(000001, "fff01000", "fff02000", "48000000", "4096")
                   LINE(000002, "dma_map_page: 0000:01:00.0 " PAGE "phys_addr=48000040 attrs="));
    CHECK_EQ(b.rc, 0);
    it = bench_nth(&b, REC_MAP, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(it);
    CHECK_EQ(sid_of(&b, it), 0x100);
    CHECK_EQ(it->rec.addr, 0xfff01000);
    CHECK_EQ(it->ext.w[0], 0x48000000);
    CHECK_EQ(it->ext.w[1], 4096);
    CHECK_EQ(it->ext.w[2], 1);
    CHECK_EQ(it->ext.w[3], REC_PERM_W);
    CHECK_EQ(it->note.line, 1);
    it = bench_nth(&b, REC_ATTACH, 0);           /* it must have been attached before */
    CU_ASSERT_PTR_NOT_NULL_FATAL(it);
    CHECK_EQ(it->rec.flags, REC_F_RECON);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON, "attachments: devices attached before the trace began"), 1);
    bench_down(&b);
}

static void the_pieces_of_a_scatter_list_belong_to_it(void)
{
    struct import_bench b;

    bench_text(&b, MAP(000001, "fff00000", "fff01000", "48676000", "4096")
                   MAP(000002, "fff01000", "fff02000", "486bd000", "4096")
                   LINE(000003, "dma_map_sg: 0000:01:00.0 dir=TO_DEVICE nents=2/2 ents=1/1 "
                                "dma_addrs={0xfff00000} sizes={0x2000} phys_addrs={0x48676000,0x486bd000} attrs=")
                   LINE(000004, "dma_unmap_sg: 0000:01:00.0 dir=TO_DEVICE phys_addrs={0x48676000,0x486bd000} attrs=")
                   UNMAP(000005, "fff00000", "fff02000", "8192"));
    for (size_t i = 0; i < 2; i++) {
        const struct import_item *it = bench_nth(&b, REC_MAP, i);
        CU_ASSERT_PTR_NOT_NULL_FATAL(it);
        CHECK_EQ(sid_of(&b, it), 0x100);
        CHECK_EQ(it->ext.w[3], REC_PERM_R);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(bench_nth(&b, REC_UNMAP, 0));
    CHECK_EQ(sid_of(&b, bench_nth(&b, REC_UNMAP, 0)), 0x100);
    CHECK_EQ(bench_nth(&b, REC_UNMAP, 0)->ext.w[0], 8192);
    CHECK_EQ(bench_nth(&b, REC_UNMAP, 0)->ext.w[1], 1);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "unmaps without a map"), 0);
    bench_down(&b);
}

static void an_unmap_belongs_to_the_event_behind_it(void)
{
    struct import_bench b;

    bench_text(&b, UNMAP(000001, "fff01000", "fff02000", "4096")
                   LINE(000002, "dma_unmap_page: 0000:02:00.1 " PAGE "attrs="));
    CHECK_EQ(sid_of(&b, bench_nth(&b, REC_UNMAP, 0)), 0x201);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "unmaps without a map"), 1);
    bench_down(&b);
}

static void an_announced_unmap_belongs_to_the_event_before_it(void)
{
    struct import_bench b;

    bench_text(&b, LINE(000001, "dma_free: 0000:02:00.1 dir=BIDIRECTIONAL dma_addr=fff01000 size=512 "
                                "virt_addr=0 attrs=")
                   UNMAP(000002, "fff01000", "fff02000", "4096")
                   UNMAP(000003, "fff01000", "fff02000", "4096"));
    CHECK_EQ(sid_of(&b, bench_nth(&b, REC_UNMAP, 0)), 0x201);
    CHECK_EQ(bench_nth(&b, REC_UNMAP, 1)->rec.stream, REC_NO_STREAM);      /* it announced one */
    bench_down(&b);
}

static void an_interrupt_does_not_take_the_maps_of_its_task(void)
{
    struct import_bench b;

    bench_text(&b, MAP(000001, "fff01000", "fff02000", "48000000", "4096")
                   MAP(000002, "aff01000", "aff02000", "58000000", "4096")
                   LINE(000003, "dma_map_page: 0000:00:03.0 dir=TO_DEVICE dma_addr=aff01000 size=16 "
                                "phys_addr=58000000 attrs=")
                   LINE(000004, "dma_map_page: 0000:01:00.0 " PAGE "phys_addr=48000040 attrs="));
    CHECK_EQ(sid_of(&b, bench_nth(&b, REC_MAP, 0)), 0x100);
    CHECK_EQ(sid_of(&b, bench_nth(&b, REC_MAP, 1)), 0x18);
    bench_down(&b);
}

static void idle_tasks_of_two_processors_are_two(void)
{
    struct import_bench b;

    bench_text(&b, IRQ(000001, "unmap: IOMMU: iova=0xfff01000 - 0xfff02000 size=4096 unmapped_size=4096")
                   "  <idle>-0  [000] d.h..  100.000002: dma_unmap_page: 0000:01:00.0 " PAGE "attrs=\n");
    CHECK_EQ(bench_nth(&b, REC_UNMAP, 0)->rec.stream, REC_NO_STREAM);
    bench_down(&b);
}

static void a_map_without_a_device_stays_without(void)
{
    struct import_bench b;

    bench_text(&b, MAP(000001, "fff01000", "fff02000", "08090000", "4096"));
    CHECK_EQ(bench_nth(&b, REC_MAP, 0)->rec.stream, REC_NO_STREAM);
    CHECK_EQ(bench_nth(&b, REC_MAP, 0)->ext.w[2], 0);
    CHECK_EQ(bench_nth(&b, REC_MAP, 0)->ext.w[3], 0);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS, "devices of maps"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_LACKS, "permissions of maps"), 1);
    bench_down(&b);
}

static void an_unmap_without_a_device_goes_to_the_only_owner(void)
{
    struct import_bench b;

    bench_text(&b, MAP(000001, "fff01000", "fff02000", "48000000", "4096")
                   LINE(000002, "dma_map_page: 0000:01:00.0 " PAGE "phys_addr=48000040 attrs=")
                   UNMAP(000003, "fff01000", "fff02000", "4096"));
    CHECK_EQ(sid_of(&b, bench_nth(&b, REC_UNMAP, 0)), 0x100);
    CHECK_EQ(import_counted(b.im, IMPORT_RECON, "devices of unmaps, known by their live mappings"), 1);
    bench_down(&b);
}

/* ---- domains ----------------------------------------------------------------------------------------- */

static void each_attach_starts_a_domain(void)
{
    struct import_bench b;

    bench_text(&b, LINE(000001, "attach_device_to_domain: IOMMU: device=0000:01:00.0")
                   MAP(000002, "fff01000", "fff02000", "48000000", "4096")
                   LINE(000003, "dma_map_page: 0000:01:00.0 " PAGE "phys_addr=48000040 attrs=")
                   LINE(000004, "remove_device_from_group: IOMMU: groupID=0 device=0000:01:00.0")
                   LINE(000005, "attach_device_to_domain: IOMMU: device=0000:01:00.0")
                   MAP(000006, "fff01000", "fff02000", "48000000", "4096")
                   LINE(000007, "dma_map_page: 0000:01:00.0 " PAGE "phys_addr=48000040 attrs="));
    CHECK_EQ(bench_count(&b, REC_ATTACH), 2);
    CHECK_EQ(bench_nth(&b, REC_ATTACH, 0)->ext.w[0], 1);
    CHECK_EQ(bench_nth(&b, REC_ATTACH, 0)->ext.w[1], REC_MODE_TRANSLATE);
    CHECK_EQ(bench_nth(&b, REC_ATTACH, 0)->rec.flags, 0);
    CHECK_EQ(bench_nth(&b, REC_DETACH, 0)->ext.w[0], 1);
    CHECK_EQ(bench_nth(&b, REC_ATTACH, 1)->ext.w[0], 2);
    CHECK_EQ(bench_nth(&b, REC_MAP, 1)->ext.w[2], 2);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "double maps: a live range mapped again"), 0);
    bench_down(&b);
}

static void an_untranslated_mapping_tells_an_identity_domain(void)
{
    struct import_bench b;

    bench_text(&b, LINE(000001, "attach_device_to_domain: IOMMU: device=0000:01:00.0")
                   LINE(000002, "dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=48000040 size=16 "
                                "phys_addr=48000040 attrs="));
    CHECK_EQ(bench_nth(&b, REC_ATTACH, 0)->ext.w[1], REC_MODE_BYPASS);
    CHECK_EQ(bench_count(&b, REC_MAP), 0);
    bench_down(&b);
}

static void the_offset_is_added_to_requester_ids(void)
{
    struct import_bench b;
    const char text[] = LINE(000001, "attach_device_to_domain: IOMMU: device=0000:01:00.0");
    struct import_options opt = { .sink = bench_take, .sink_to = &b, .stream_offset = 0x1000 };

    memset(&b, 0, sizeof b);
    diag_init(&b.diag);
    b.im = import_new(&opt, &b.diag);
    bench_add(&b, "test", text, strlen(text));
    bench_run(&b);
    CHECK_EQ(sid_of(&b, bench_nth(&b, REC_ATTACH, 0)), 0x1100);
    bench_down(&b);
}

/* ---- the other events ---------------------------------------------------------------------------------- */

static void marks_and_faults_become_records(void)
{
    struct import_bench b;

    bench_text(&b, LINE(000001, "tracing_mark_write: phase: seq-read")
                   LINE(000002, "io_page_fault: IOMMU:nvme 0000:01:00.0 iova=0x0000000000001000 flags=0x0001")
                   LINE(000003, "io_page_fault: IOMMU:nvme 0000:01:00.0 iova=0x0000000000002000 flags=0x0000"));
    CHECK_EQ(bench_nth(&b, REC_MARKER, 0)->ext.w[0], import_string(b.im, "phase: seq-read"));
    CHECK_EQ(bench_nth(&b, REC_WRITE, 0)->rec.addr, 0x1000);
    CHECK_EQ(bench_nth(&b, REC_READ, 0)->rec.addr, 0x2000);
    CHECK_EQ(bench_outcome(&b, REC_LOGGED, 0).outcome, REC_O_FAULT);
    bench_down(&b);
}

static void cache_maintenance_is_counted_and_left_out(void)
{
    struct import_bench b;

    bench_text(&b, LINE(000001, "tracing_mark_write: x")
                   LINE(000002, "dma_sync_single_for_cpu: 0000:01:00.0 dir=FROM_DEVICE dma_addr=fff01000 size=64")
                   LINE(000003, "dma_sync_sg_for_device: 0000:01:00.0 dir=TO_DEVICE dma_addrs={0x1000} sizes={0x40}")
                   LINE(000004, "sched_switch: prev_comm=dd"));
    CHECK_EQ(b.n, 1);
    CHECK_EQ(import_counted(b.im, IMPORT_IDLE, "dma_sync_single_for_cpu"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_IDLE, "dma_sync_sg_for_device"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_DROPPED, "sched_switch"), 1);
    bench_down(&b);
}

static void dma_events_alone_give_the_maps_they_say(void)
{
    struct import_bench b;

    bench_text(&b, LINE(000001, "dma_map_phys: 0000:01:00.0 dir=TO_DEVICE dma_addr=fff01f00 size=512 "
                                "phys_addr=48000f00 attrs=")
                   LINE(000002, "dma_unmap_phys: 0000:01:00.0 dir=TO_DEVICE dma_addr=fff01f00 size=512 attrs="));
    CHECK_EQ(bench_nth(&b, REC_MAP, 0)->rec.addr, 0xfff01000);
    CHECK_EQ(bench_nth(&b, REC_MAP, 0)->rec.flags, REC_F_RECON);
    CHECK_EQ(bench_nth(&b, REC_MAP, 0)->ext.w[0], 0x48000000);
    CHECK_EQ(bench_nth(&b, REC_MAP, 0)->ext.w[1], 0x2000);
    CHECK_EQ(bench_nth(&b, REC_UNMAP, 0)->ext.w[0], 0x2000);
    bench_down(&b);
}

/* ---- what does not fit together ------------------------------------------------------------------------ */

#define OWN LINE(000009, "dma_map_page: 0000:01:00.0 " PAGE "phys_addr=48000040 attrs=")

static void double_maps_and_overlaps_are_counted(void)
{
    struct import_bench b;

    bench_text(&b, MAP(000001, "fff01000", "fff02000", "48000000", "4096") OWN
                   MAP(000010, "fff01000", "fff02000", "48000000", "4096") OWN
                   MAP(000011, "fff01000", "fff03000", "48000000", "8192") OWN);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "double maps: a live range mapped again"), 1);
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "overlaps: maps over a part of a live one"), 1);
    bench_down(&b);
}

static void a_part_of_a_map_may_be_unmapped(void)
{
    struct import_bench b;

    bench_text(&b, MAP(000001, "fff01000", "fff04000", "48000000", "12288") OWN
                   UNMAP(000010, "fff02000", "fff03000", "4096")
                   UNMAP(000011, "fff01000", "fff02000", "4096")
                   UNMAP(000012, "fff03000", "fff04000", "4096")
                   UNMAP(000013, "fff02000", "fff03000", "4096"));
    CHECK_EQ(import_counted(b.im, IMPORT_RECON, "devices of unmaps, known by their live mappings"), 3);
    CHECK_EQ(bench_nth(&b, REC_UNMAP, 3)->rec.stream, REC_NO_STREAM);
    bench_down(&b);
}

static void times_that_go_back_are_counted(void)
{
    struct import_bench b;

    bench_text(&b, LINE(000005, "tracing_mark_write: a") LINE(000003, "tracing_mark_write: b"));
    CHECK_EQ(import_counted(b.im, IMPORT_ODD, "times going back in the source"), 1);
    bench_down(&b);
}

static void lost_events_and_cut_lists_make_the_trace_lossy(void)
{
    char dir[] = "/tmp/iommusim-test-XXXXXX", path[64];
    const char text[] = LINE(000001, "tracing_mark_write: a") "CPU:3 [LOST 512 EVENTS]\n";
    struct import_options opt = { .out = path };
    struct diag d;
    struct import *im;
    struct trace_reader *r;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/t.trc", dir);
    diag_init(&d);
    im = import_new(&opt, &d);
    CHECK_EQ(import_add_memory(im, "test", text, strlen(text)), 0);
    CHECK_EQ(import_run(im), 0);
    CHECK_EQ(import_counted(im, IMPORT_LACKS, "events that the tracer lost, where it says how many"), 512);
    r = trace_open(path, &d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT(trace_info(r)->head.flags & TRACE_F_LOSSY);
    trace_close(r);
    import_free(im);
    diag_destroy(&d);
    unlink(path);
    rmdir(dir);
}

/* ---- damage ---------------------------------------------------------------------------------------------- */

static void damaged_lines_are_counted_and_harm_nothing(void)
{
    struct import_bench b;

    bench_text(&b, LINE(000001, "map: IOMMU: iova=0x00000000fff01000 - 0x00000000ff")
                   LINE(000002, "map: IOMMU: iova=")
                   LINE(000003, "dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=")
                   LINE(000004, "dma_map_sg: 0000:01:00.0 dir=TO_DEVICE dma_addrs={0x1000")
                   "              dd-42      [001] d.h..   100.00\n"
                   "rubbish\n"
                   LINE(000005, "unmap: IOMMU: iova=0xfff01000 - 0xfff02000 size=99999999999999999999999")
                   LINE(000006, "tracing_mark_write: whole"));
    CHECK_EQ(b.rc, 0);
    CHECK_EQ(import_bad_lines(b.im), 7);
    CHECK_EQ(b.n, 1);
    bench_down(&b);
}

static void any_cut_of_a_line_is_read_without_harm(void)
{
    const char line[] = "   a [1] x-4 (12) [001] d.h.. 1.000001: dma_map_sg: 0000:01:00.0 dir=TO_DEVICE "
                        "nents=2/2 dma_addrs={0x1000,0x2000} sizes={0x10,0x20} phys_addrs={0x1,0x2} attrs=";
    struct ftrace_event e;

    for (size_t n = 0; n < sizeof line; n++) {
        char *cut = malloc(n ? n : 1);           /* so that a sanitizer sees each byte too far */
        memcpy(cut, line, n);
        ftrace_parse(cut, n, &e);
        CU_ASSERT(e.kind < FTRACE_KIND_COUNT);
        free(cut);
    }
    CHECK_EQ(e.kind, FTRACE_DMA_MAP_SG);
}

#define TESTS(T)                                                                                   \
    T(every_printed_form_says_the_same) T(a_task_may_have_any_name)                                 \
    T(a_clock_without_fraction_gives_the_order_only) T(lost_events_are_found_in_every_form)         \
    T(headers_are_nothing) T(the_fields_of_dma_events_are_read_by_name)                             \
    T(a_scatter_list_is_read_in_both_layouts) T(a_name_gives_the_requester_id)                      \
    T(a_map_gets_device_and_direction_of_the_event_behind_it)                                       \
    T(the_pieces_of_a_scatter_list_belong_to_it) T(an_unmap_belongs_to_the_event_behind_it)         \
    T(an_announced_unmap_belongs_to_the_event_before_it)                                            \
    T(an_interrupt_does_not_take_the_maps_of_its_task) T(idle_tasks_of_two_processors_are_two)      \
    T(a_map_without_a_device_stays_without) T(an_unmap_without_a_device_goes_to_the_only_owner)     \
    T(each_attach_starts_a_domain) T(an_untranslated_mapping_tells_an_identity_domain)              \
    T(the_offset_is_added_to_requester_ids) T(marks_and_faults_become_records)                      \
    T(cache_maintenance_is_counted_and_left_out) T(dma_events_alone_give_the_maps_they_say)         \
    T(double_maps_and_overlaps_are_counted) T(a_part_of_a_map_may_be_unmapped)                      \
    T(times_that_go_back_are_counted) T(lost_events_and_cut_lists_make_the_trace_lossy)             \
    T(damaged_lines_are_counted_and_harm_nothing) T(any_cut_of_a_line_is_read_without_harm)
TEST_SUITE("import_ftrace", TESTS)
