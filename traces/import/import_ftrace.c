/* SPDX-License-Identifier: Apache-2.0
 *
 * import_ftrace.c - a Linux kernel's trace text of the iommu and dma events.
 *
 * `map` and `unmap` name no device and no direction.  The dma event of the same task does:
 *
 *     map...  dma_map_page, dma_map_sg, dma_alloc       after its maps
 *     unmap   dma_unmap_page                            after its unmap
 *     dma_unmap_sg, dma_free  unmap                     before its unmap
 *
 * so maps and unmaps wait in a list of their task until an event with an address in their range
 * comes, and an event that frees announces a range to the unmaps of its task.  Interrupts run in
 * the task they interrupt; matching by range keeps them apart.  dma_unmap_sg has physical addresses
 * only: they are looked up among those of the dma_map_sg of its device.  Without iommu events the
 * dma events alone give the maps whose physical address they say.
 *
 * What stays without a device is emitted without stream.  Everything is held until the end of the
 * file.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"
#include "traces/import/ftrace_line.h"
#include "traces/import/import.h"
#include "traces/import/soft_ops.h"

enum { SEARCH_MAX = 4096, PAGE_LOG2 = 12 };

struct segment { uint64_t addr, size; };

/* A dma_map_sg that was not unmapped; several with equal keys are a stack. */
struct sg_key { uint32_t device, pieces; uint64_t first; };
struct sg_list {
    struct sg_key key;
    struct sg_list *next;
    struct segment *seg;
    unsigned segs;
    UT_hash_handle hh;
};

struct task {
    uint64_t key;                /* the process, or the processor for the idle ones             */
    uint32_t maps, unmaps;       /* newest that waits for its device + 1                        */
    uint32_t freeing;            /* device of what is being freed, 0 none                       */
    uint64_t from, to;           /* its range                                                   */
    UT_hash_handle hh;
};

struct ftrace {
    struct import_source *src;
    struct soft soft;
    struct task *tasks;
    struct sg_list *lists;
    uint32_t stream_offset;
};

/* ---- small things ---------------------------------------------------------------------------- */

static void count(const struct ftrace *f, enum import_group group, const char *what, uint64_t n)
{
    import_count(f->src->im, group, what, n);
}

static void count_event(const struct ftrace *f, enum import_group group, struct ftrace_text name)
{
    char text[64];

    snprintf(text, sizeof text, "%.*s", (int)(name.len < 60 ? name.len : 60), name.at);
    count(f, group, text, 1);
}

static int no_memory(const struct ftrace *f)
{
    return diag_env(import_diag(f->src->im), f->src->path, "no memory for its operations");
}

static uint8_t perm_of(enum ftrace_dir dir)
{
    static const uint8_t perm[] = {
        [FTRACE_BIDIRECTIONAL] = REC_PERM_R | REC_PERM_W,
        [FTRACE_TO_DEVICE] = REC_PERM_R,
        [FTRACE_FROM_DEVICE] = REC_PERM_W,
        [FTRACE_DIR_NONE] = 0,
    };

    return perm[dir];
}

static struct task *task_of(struct ftrace *f, const struct ftrace_event *e)
{
    uint64_t key = e->pid ? e->pid : 1ull << 32 | e->cpu;
    struct task *t;

    HASH_FIND(hh, f->tasks, &key, sizeof key, t);
    if (t)
        return t;
    t = calloc(1, sizeof *t);
    if (t) {
        t->key = key;
        HASH_ADD(hh, f->tasks, key, sizeof t->key, t);
    }
    return t;
}

static uint32_t device_of(struct ftrace *f, const struct ftrace_event *e)
{
    return soft_device(&f->soft, e->device.at, e->device.len, f->stream_offset);
}

static struct soft_op op_of(const struct ftrace *f, const struct ftrace_event *e,
                            enum soft_kind kind)
{
    return (struct soft_op){ .t_ns = f->src->t_ns, .line = f->src->line, .kind = (uint8_t)kind,
                             .iova = e->addr, .size = e->size, .paddr = e->paddr };
}

/* ---- attributing ----------------------------------------------------------------------------- */

static bool overlaps(const struct soft_op *op, uint64_t from, uint64_t to)
{
    return op->iova < to && range_end(op->iova, op->size) > from;
}

/* Gives the waiting operations of a task that lie in [from, to) their device, newest first; what
 * comes before them in the list waits on.  The number of those found. */
static unsigned claim(struct ftrace *f, uint32_t *newest, uint32_t device, uint64_t from,
                      uint64_t to, uint8_t perm)
{
    uint32_t *link = newest;
    unsigned found = 0;

    for (unsigned steps = 0; *link && steps < SEARCH_MAX; steps++) {
        struct soft_op *op = &f->soft.op[*link - 1];
        if (overlaps(op, from, to)) {
            op->device = device;
            op->perm = perm;
            *link = op->older;
            found++;
        } else if (found) {
            break;
        } else {
            link = &op->older;
        }
    }
    return found;
}

/* A dma event alone says it: kept for a trace without iommu events. */
static int add_from_dma(struct ftrace *f, const struct ftrace_event *e, uint32_t device,
                        uint64_t addr, uint64_t size, uint64_t paddr, enum soft_kind kind)
{
    struct soft_op op = op_of(f, e, kind);

    op.from_dma = true;
    op.device = device;
    op.perm = perm_of(e->dir);
    op.iova = bits_align_down(addr, PAGE_LOG2);
    op.size = bits_align_down(range_end(addr, size ? size : 1) - op.iova + bits_low(PAGE_LOG2),
                              PAGE_LOG2);
    op.paddr = bits_align_down(paddr, PAGE_LOG2);
    return soft_add(&f->soft, &op) ? 0 : no_memory(f);
}

/* The address that the device is to use is the physical one: it is not translated. */
static void direct(struct ftrace *f, uint32_t device)
{
    struct soft_device *d = f->soft.device[device];

    if (d->attach && !d->used)
        f->soft.op[d->attach - 1].mode = REC_MODE_BYPASS;
    count(f, IMPORT_DROPPED, "dma mappings that are not translated (address = physical address)",
          1);
}

static int mapped(struct ftrace *f, const struct ftrace_event *e, uint32_t device, uint64_t addr,
                  uint64_t size, const uint64_t *paddr)
{
    struct task *t = task_of(f, e);
    uint8_t perm = e->kind == FTRACE_DMA_ALLOC && e->dir == FTRACE_DIR_UNKNOWN
                       ? REC_PERM_R | REC_PERM_W : perm_of(e->dir);

    if (!t || !device)
        return no_memory(f);
    if (claim(f, &t->maps, device, addr, range_end(addr, size ? size : 1), perm)) {
        f->soft.device[device]->used = true;
        return 0;
    }
    if (paddr && *paddr == addr) {
        direct(f, device);
        return 0;
    }
    if (!f->soft.has_iommu && paddr)
        return add_from_dma(f, e, device, addr, size, *paddr, SOFT_MAP);
    count(f, IMPORT_LACKS, "maps of dma mappings (made before the trace, or not translated)", 1);
    return 0;
}

/* Something is freed: its unmap was just before, or comes next. */
static int freed(struct ftrace *f, const struct ftrace_event *e, uint32_t device, uint64_t addr,
                 uint64_t size)
{
    struct task *t = task_of(f, e);
    uint64_t end = range_end(addr, size ? size : 1);

    if (!t || !device)
        return no_memory(f);
    t->freeing = 0;
    if (claim(f, &t->unmaps, device, addr, end, 0))
        return 0;
    t->freeing = device;
    t->from = addr;
    t->to = end;
    if (!f->soft.has_iommu)
        return add_from_dma(f, e, device, addr, size, 0, SOFT_UNMAP);
    return 0;
}

/* ---- events of the iommu system -------------------------------------------------------------- */

static int on_map(struct ftrace *f, const struct ftrace_event *e)
{
    struct soft_op op = op_of(f, e, SOFT_MAP);
    struct task *t = task_of(f, e);

    f->soft.has_iommu = true;
    if (!t)
        return no_memory(f);
    if (e->end != e->addr + e->size)
        count(f, IMPORT_ODD, "maps whose end is not their start and size", 1);
    if (e->size == 0) {
        count(f, IMPORT_ODD, "maps of nothing", 1);
        return 0;
    }
    op.older = t->maps;
    t->maps = soft_add(&f->soft, &op);
    return t->maps ? 0 : no_memory(f);
}

/* Is this what the task said it would free?  What is left of it stays announced. */
static bool announced(struct task *t, struct soft_op *op)
{
    if (!t->freeing || !overlaps(op, t->from, t->to))
        return false;
    op->device = t->freeing;
    t->from = range_end(op->iova, op->size);
    if (t->from >= t->to)
        t->freeing = 0;
    return true;
}

static int on_unmap(struct ftrace *f, const struct ftrace_event *e)
{
    struct soft_op op = op_of(f, e, SOFT_UNMAP);
    struct task *t = task_of(f, e);
    uint32_t number;

    f->soft.has_iommu = true;
    if (!t)
        return no_memory(f);
    if (e->size == 0) {
        count(f, IMPORT_ODD, "unmaps of nothing", 1);
        return 0;
    }
    if (!announced(t, &op))
        op.older = t->unmaps;
    number = soft_add(&f->soft, &op);
    if (!op.device)
        t->unmaps = number;
    return number ? 0 : no_memory(f);
}

static int on_attach(struct ftrace *f, const struct ftrace_event *e)
{
    struct soft_op op = op_of(f, e, SOFT_ATTACH);
    struct soft_device *d;

    op.device = device_of(f, e);
    op.mode = REC_MODE_TRANSLATE;
    if (!op.device)
        return no_memory(f);
    d = f->soft.device[op.device];
    d->attach = soft_add(&f->soft, &op);
    d->used = false;
    return d->attach ? 0 : no_memory(f);
}

static int on_detach(struct ftrace *f, const struct ftrace_event *e)
{
    struct soft_op op = op_of(f, e, SOFT_DETACH);

    op.device = device_of(f, e);
    return op.device && soft_add(&f->soft, &op) ? 0 : no_memory(f);
}

static int on_fault(struct ftrace *f, const struct ftrace_event *e)
{
    struct soft_op op = op_of(f, e, SOFT_FAULT);

    op.device = device_of(f, e);
    op.perm = e->flags & 1 ? REC_PERM_W : REC_PERM_R;
    return op.device && soft_add(&f->soft, &op) ? 0 : no_memory(f);
}

static int on_mark(struct ftrace *f, const struct ftrace_event *e)
{
    struct soft_op op = op_of(f, e, SOFT_MARK);
    char text[256];

    snprintf(text, sizeof text, "%.*s", (int)(e->text.len < 250 ? e->text.len : 250), e->text.at);
    op.text = import_string(f->src->im, text);
    return soft_add(&f->soft, &op) ? 0 : no_memory(f);
}

/* ---- scatter lists --------------------------------------------------------------------------- */

static struct sg_key sg_key_of(uint32_t device, struct ftrace_text paddrs)
{
    struct sg_key k;
    uint64_t p;

    memset(&k, 0, sizeof k);
    k.device = device;
    for (; ftrace_list_next(&paddrs, &p); k.pieces++)
        if (k.pieces == 0)
            k.first = p;
    return k;
}

static int push_list(struct ftrace *f, const struct sg_key *key, struct segment *seg, unsigned segs)
{
    struct sg_list *l = calloc(1, sizeof *l), *old;

    if (!l) {
        free(seg);
        return no_memory(f);
    }
    *l = (struct sg_list){ .key = *key, .seg = seg, .segs = segs };
    HASH_FIND(hh, f->lists, key, sizeof *key, old);
    if (old) {
        HASH_DEL(f->lists, old);
        l->next = old;
    }
    HASH_ADD(hh, f->lists, key, sizeof l->key, l);
    return 0;
}

static struct sg_list *pop_list(struct ftrace *f, const struct sg_key *key)
{
    struct sg_list *l, *next;

    HASH_FIND(hh, f->lists, key, sizeof *key, l);
    if (!l)
        return NULL;
    HASH_DEL(f->lists, l);
    next = l->next;
    if (next)
        HASH_ADD(hh, f->lists, key, sizeof next->key, next);
    return l;
}

static void free_list(struct sg_list *l)
{
    free(l->seg);
    free(l);
}

/* One segment at the device's side; its pieces are known only where each has one. */
static int map_segments(struct ftrace *f, const struct ftrace_event *e, const struct sg_key *key)
{
    struct ftrace_text addrs = e->addrs, sizes = e->sizes, paddrs = e->paddrs;
    struct segment *seg = NULL, *bigger, s;
    unsigned n = 0;
    uint64_t paddr;
    int rc = 0;

    while (rc == 0 && ftrace_list_next(&addrs, &s.addr) && ftrace_list_next(&sizes, &s.size)) {
        bigger = realloc(seg, (n + 1) * sizeof *seg);
        if (!bigger) {
            free(seg);
            return no_memory(f);
        }
        seg = bigger;
        seg[n++] = s;
        rc = mapped(f, e, key->device, s.addr, s.size,
                    ftrace_list_next(&paddrs, &paddr) && (key->pieces == 1 || paddr == s.addr)
                        ? &paddr
                        : NULL);
    }
    if (rc == 0 && n)
        return push_list(f, key, seg, n);
    free(seg);
    return rc;
}

static int on_map_sg(struct ftrace *f, const struct ftrace_event *e)
{
    struct sg_key key = sg_key_of(device_of(f, e), e->paddrs);

    if (e->truncated) {
        count(f, IMPORT_LACKS, "ends of scatter lists ([TRUNCATED])", 1);
        import_flags(f->src->im, TRACE_F_LOSSY);
    }
    return key.device ? map_segments(f, e, &key) : no_memory(f);
}

static int on_unmap_sg(struct ftrace *f, const struct ftrace_event *e)
{
    struct sg_key key = sg_key_of(device_of(f, e), e->paddrs);
    struct sg_list *l = pop_list(f, &key);
    int rc = 0;

    if (!key.device)
        return no_memory(f);
    if (!l) {
        count(f, IMPORT_ODD, "dma_unmap_sg without its dma_map_sg", 1);
        return 0;
    }
    /* One unmap covers all segments: the DMA layer maps a list in one piece of address space. */
    for (unsigned i = 1; i < l->segs; i++) {
        uint64_t end = range_end(l->seg[i].addr, l->seg[i].size);
        uint64_t first_end = range_end(l->seg[0].addr, l->seg[0].size);
        if (l->seg[i].addr < l->seg[0].addr)
            l->seg[0].addr = l->seg[i].addr;
        l->seg[0].size = (end > first_end ? end : first_end) - l->seg[0].addr;
    }
    rc = freed(f, e, key.device, l->seg[0].addr, l->seg[0].size);
    free_list(l);
    return rc;
}

/* ---- the parser ------------------------------------------------------------------------------ */

static int on_lost(struct ftrace *f, const struct ftrace_event *e)
{
    import_flags(f->src->im, TRACE_F_LOSSY);
    count(f, IMPORT_LACKS, "marks of events that the tracer lost", 1);
    count(f, IMPORT_LACKS, "events that the tracer lost, where it says how many", e->count);
    return 0;
}

static int on_event(struct ftrace *f, const struct ftrace_event *e)
{
    switch (e->kind) {
    case FTRACE_MAP:
        return on_map(f, e);
    case FTRACE_UNMAP:
        return on_unmap(f, e);
    case FTRACE_ATTACH:
        return on_attach(f, e);
    case FTRACE_DETACH:
    case FTRACE_GROUP_DEL:
        return on_detach(f, e);
    case FTRACE_FAULT:
        return on_fault(f, e);
    case FTRACE_DMA_MAP:
        return mapped(f, e, device_of(f, e), e->addr, e->size, &e->paddr);
    case FTRACE_DMA_ALLOC:
        return mapped(f, e, device_of(f, e), e->addr, e->size, NULL);
    case FTRACE_DMA_UNMAP:
    case FTRACE_DMA_FREE:
        return freed(f, e, device_of(f, e), e->addr, e->size);
    case FTRACE_DMA_MAP_SG:
        return on_map_sg(f, e);
    case FTRACE_DMA_UNMAP_SG:
        return on_unmap_sg(f, e);
    case FTRACE_MARK:
        return on_mark(f, e);
    default:
        return 0;
    }
}

static enum import_group group_of(enum ftrace_kind kind)
{
    switch (kind) {
    case FTRACE_OTHER:
        return IMPORT_DROPPED;
    case FTRACE_GROUP_ADD:
    case FTRACE_DMA_SYNC:
    case FTRACE_DMA_ERROR:
        return IMPORT_IDLE;
    default:
        return IMPORT_USED;
    }
}

static int read_line(void *state, const struct import_line *line)
{
    struct ftrace *f = state;
    struct ftrace_event e;

    ftrace_parse(line->text, line->len, &e);
    if (e.kind == FTRACE_NOTHING)
        return 0;
    if (e.kind == FTRACE_LOST)
        return on_lost(f, &e);
    if (e.kind == FTRACE_BROKEN) {
        import_bad_line(f->src, line, e.name.len ? "damaged event" : "no event");
        return 0;
    }
    f->src->t_ns = e.time_ns;
    if (!e.has_time)
        import_flags(f->src->im, TRACE_F_ORDER_ONLY);
    count_event(f, group_of(e.kind), e.name);
    return on_event(f, &e);
}

static bool probe(const struct import_line *line, struct import_probe *p)
{
    struct ftrace_event e;

    ftrace_parse(line->text, line->len, &e);
    if (e.kind <= FTRACE_LOST && !(line->len > 9 && memcmp(line->text, "# tracer:", 9) == 0))
        return false;
    snprintf(p->what, sizeof p->what, "linux ftrace");
    return true;
}

static void *start(struct import_source *src)
{
    struct ftrace *f = calloc(1, sizeof *f);

    if (!f || soft_init(&f->soft, src) < 0) {
        free(f);
        return NULL;
    }
    f->src = src;
    f->stream_offset = import_stream_offset(src->im);
    return f;
}

static int finish(void *state)
{
    struct ftrace *f = state;

    for (uint32_t i = 0; i < f->soft.devices; i++)       /* soft_emit counts anew */
        f->soft.device[i]->used = false;
    return soft_emit(&f->soft);
}

static void stop(void *state)
{
    struct ftrace *f = state;
    struct task *t, *next_task;
    struct sg_list *l, *next_list;

    HASH_ITER(hh, f->tasks, t, next_task) {
        HASH_DEL(f->tasks, t);
        free(t);
    }
    HASH_ITER(hh, f->lists, l, next_list) {
        HASH_DEL(f->lists, l);
        for (struct sg_list *older; l; l = older) {
            older = l->next;
            free_list(l);
        }
    }
    soft_destroy(&f->soft);
    free(f);
}

const struct import_parser import_ftrace = {
    .name = "linux trace text",
    .expects = "iommu and dma events of a Linux trace, trace-cmd report or perf script",
    .side = IMPORT_SOFTWARE,
    .probe = probe,
    .start = start,
    .line = read_line,
    .finish = finish,
    .stop = stop,
};
