/* SPDX-License-Identifier: Apache-2.0
 *
 * soft_ops.h - the software side of a run: maps, unmaps, attachments, held in memory until its end.
 *
 * An operation is told first and attributed to a device later, since the events that name the
 * device come before or after it.  soft_emit goes through all of them in order, keeps the live
 * mappings of each device, gives domains their numbers, checks what does not fit together, and
 * hands out the records.
 *
 * Domains: each attach of a device starts a new one; a device that was attached before the trace
 * began gets an attach (REC_F_RECON) before its first map.  A map or unmap whose device is not
 * known has no stream and domain 0.  An unmap whose device was not told belongs to the one device
 * that has its address mapped, if there is exactly one.
 *
 * Memory: about 80 bytes an operation.
 */
#ifndef TRACES_SOFT_OPS_H
#define TRACES_SOFT_OPS_H
#include <uthash.h>

#include "traces/import/import.h"
#include "traces/import/ranges.h"

enum soft_kind { SOFT_MAP, SOFT_UNMAP, SOFT_ATTACH, SOFT_DETACH, SOFT_FAULT, SOFT_MARK };

struct soft_op {
    uint64_t t_ns, iova, size, paddr;
    unsigned long line;
    uint32_t device;             /* number of the device, 0: not known                          */
    uint32_t domain;             /* given by soft_emit, 0: not known                            */
    uint32_t text;               /* MARK: string id                                             */
    uint32_t older;              /* for whoever attributes: next older operation + 1, 0 none    */
    uint8_t kind;                /* enum soft_kind                                              */
    uint8_t perm;                /* MAP: REC_PERM_*, 0 not known; FAULT: what was tried         */
    uint8_t mode;                /* ATTACH: enum rec_mode                                       */
    bool from_dma;               /* told by a dma event alone, no iommu event                   */
};

struct soft_device {
    char name[64];
    uint32_t number;             /* from 1                                                      */
    uint32_t stream;             /* number in the trace, REC_NO_STREAM if it is no PCI function */
    uint32_t domain;
    uint32_t attach;             /* its last attach + 1, 0 none                                 */
    bool used;                   /* mapped something since                                      */
    struct ranges live;          /* value: the map's number                                     */
    UT_hash_handle hh;
};

struct soft {
    struct import_source *src;
    struct soft_op *op;
    size_t n, room;
    struct soft_device **device; /* [devices]; device[0] stands for those not known             */
    uint32_t devices, domains;
    struct soft_device *by_name;
    bool has_iommu;              /* there was a map or unmap event                              */
};

int soft_init(struct soft *s, struct import_source *src);
void soft_destroy(struct soft *s);

/* The number of a device; 0: no memory.  `stream_offset` is added to a PCI function's requester
 * id. */
uint32_t soft_device(struct soft *s, const char *name, size_t len, uint32_t stream_offset);

/* Adds an operation and gives its number + 1; 0: no memory. */
uint32_t soft_add(struct soft *s, const struct soft_op *op);

/* Resolves, checks, and emits all of it. */
int soft_emit(struct soft *s);

#endif
