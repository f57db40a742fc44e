/* SPDX-License-Identifier: Apache-2.0
 *
 * ftrace_line.h - one line of a Linux kernel's trace text.
 *
 * Reads the three printed forms of the same events with one grammar: the tracefs files `trace` and
 * `trace_pipe`, `trace-cmd report`, `perf script`:
 *
 *     comm-pid (tgid) [cpu] flags time: event: body           (flags and tgid may be missing)
 *     comm  pid [cpu] time: system:event: body
 *
 * comm may hold anything, blanks, colons and brackets included, so the line is anchored at the
 * first "[cpu]" with a process id before it and a time after it.  Bodies are read by key=value, never
 * by column, since fields came and went between kernels.  An event is known by its name (and, for
 * the short names of the iommu system, by its body), never by a kernel's version.
 *
 * Nothing is allocated: texts and lists point into the line, which must live as long as the event
 * does.
 */
#ifndef TRACES_FTRACE_LINE_H
#define TRACES_FTRACE_LINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ftrace_kind {
    FTRACE_NOTHING,            /* header, comment, blank line                               */
    FTRACE_BROKEN,             /* should be an event, is not: damaged, cut, another program */
    FTRACE_LOST,               /* the tracer lost events here: count, 0 where not said      */
    FTRACE_OTHER,              /* an event of no interest here                              */
    FTRACE_MAP, FTRACE_UNMAP, FTRACE_ATTACH, FTRACE_DETACH, FTRACE_GROUP_ADD, FTRACE_GROUP_DEL,
    FTRACE_FAULT,              /* io_page_fault                                             */
    FTRACE_DMA_MAP, FTRACE_DMA_UNMAP, FTRACE_DMA_MAP_SG, FTRACE_DMA_UNMAP_SG,
    FTRACE_DMA_ALLOC, FTRACE_DMA_FREE,
    FTRACE_DMA_SYNC,           /* cache maintenance of the processor: nothing for an IOMMU  */
    FTRACE_DMA_ERROR,          /* a mapping that failed                                     */
    FTRACE_MARK,               /* text written to trace_marker                              */
    FTRACE_KIND_COUNT
};

enum ftrace_dir { FTRACE_DIR_UNKNOWN, FTRACE_BIDIRECTIONAL, FTRACE_TO_DEVICE, FTRACE_FROM_DEVICE,
                  FTRACE_DIR_NONE };

struct ftrace_text { const char *at; size_t len; };     /* not terminated */

struct ftrace_event {
    enum ftrace_kind kind;
    struct ftrace_text name;   /* the event's, without its system                            */
    struct ftrace_text device; /* "0000:01:00.0"                                             */
    struct ftrace_text text;   /* FTRACE_MARK: what was written                              */
    uint64_t time_ns;
    bool has_time;             /* false: a clock without fraction, only the order counts     */
    uint32_t pid, cpu;
    enum ftrace_dir dir;
    uint64_t addr;             /* IOVA or DMA address                                        */
    uint64_t end;              /* MAP, UNMAP: as printed, first address behind               */
    uint64_t size, paddr;
    bool has_addr, has_paddr, has_size;
    uint64_t count;            /* LOST: events                                               */
    uint32_t flags;            /* FAULT: 0 read, 1 write                                     */
    bool truncated;            /* a scatter list longer than the kernel prints               */
    struct ftrace_text addrs, sizes, paddrs;            /* scatter lists: what is in the braces */
};

/* `line` without its end of line, `len` bytes; it may hold anything. */
void ftrace_parse(const char *line, size_t len, struct ftrace_event *e);

/* Takes the next number from a list; false at its end (or at damage). */
bool ftrace_list_next(struct ftrace_text *list, uint64_t *value);

/* "0000:01:00.0" -> bus << 8 | device << 3 | function; false if it is no PCI name.  Segments other
 * than 0 stand above bit 16. */
bool ftrace_pci_id(struct ftrace_text device, uint32_t *id);

#endif
