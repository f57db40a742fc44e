/* SPDX-License-Identifier: Apache-2.0
 *
 * host_impl.h - what host.c and the two architectures' halves share.
 *
 * host.c knows ranges, blocks and the order of things; a half knows one format of tables, entries
 * and commands.  Its functions return 0 or SIM_EENV (and SIM_EINPUT where said), with host->why
 * set.
 */
#ifndef WORKLOADS_HOST_HOST_IMPL_H
#define WORKLOADS_HOST_HOST_IMPL_H
#include <uthash.h>

#include "arch/table/table_io.h"
#include "arch/table/vmsa.h"
#include "arch/table/vtdfs.h"
#include "arch/table/vtdss.h"
#include "workloads/host/host.h"

/* To be mapped when an access has stalled for want of it. */
struct host_demand {
    uint64_t iova, pa, size;
    unsigned perm, page_log2;
};

/* Streams by whose requests with this PASID (0: without one) a domain is used. */
struct host_user { uint32_t pasid, streams; };

struct host_domain {
    uint64_t id;
    struct host *host;
    struct host_domain *parent;    /* nested: stage 2 of its own */
    struct table_io io;            /* of this domain's tables */
    union {
        struct vmsa_table vmsa;
        struct vtdss_table ss;
        struct vtdfs_table fs;
    };
    bool     first;                /* VT-d: fs, not ss */
    uint64_t sizes;                /* bit n: leaves of 2^n bytes */
    uint8_t  stride;               /* a table has 2^stride entries, the top one perhaps others */
    uint8_t  mode;                 /* enum rec_mode: TRANSLATE, STAGE2 or NESTED */
    uint8_t  in_bits, out_bits;
    uint16_t asid, vmid;           /* VT-d: asid is the domain id */
    uint32_t ats_streams;          /* attached, of devices that translate ahead */
    struct host_demand *demand;    /* [demands] */
    size_t demands, demands_room;
    struct host_user *user;        /* [users] */
    size_t users, users_room;
    UT_hash_handle hh;
};

struct host_stream {
    uint64_t id;                   /* host_stream_id */
    uint32_t sid, pasid;           /* 0: its requests without PASID */
    uint8_t  mode;                 /* enum rec_mode */
    bool     attached;
    bool     ats;                  /* its device translates ahead */
    struct host_domain *domain;    /* NULL: bypass, abort */
    uint64_t entry, cd;            /* of its STE, context entry or PASID entry, and its CD; 0: nowhere yet */
    UT_hash_handle hh;
};

/* What a table says of an address: a leaf, or the hole that the largest possible leaf fills. */
struct host_leaf {
    bool present;
    uint8_t size_log2;             /* of the leaf or of the hole */
    uint64_t out, attr;            /* leaf */
};

/* Leaves that went, neighbours of one size. */
struct host_gone {
    uint64_t first, last;          /* inclusive; none if last < first */
    unsigned leaf_log2;
};

struct host_ops {
    int  (*start)(struct host *h);
    int  (*domain_init)(struct host *h, struct host_domain *d);
    /* Makes the stream's entries mean (s->mode, s->domain), however they stood; `old` is what it was. */
    int  (*attach)(struct host *h, struct host_stream *s, const struct host_stream *old);
    uint64_t (*attr)(const struct host_domain *d, unsigned perm);
    void (*look)(const struct host_domain *d, uint64_t in, struct host_leaf *l);
    /* n neighbours, which lie in one table. */
    int  (*map)(struct host_domain *d, uint64_t in, uint64_t out, unsigned size_log2, uint64_t attr,
                uint64_t n);
    int  (*unmap)(struct host_domain *d, uint64_t in);
    int  (*mapped)(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last);
    int  (*invalidate)(struct host *h, const struct host_domain *d, const struct host_gone *g);
    int  (*flush)(struct host *h, const struct host_domain *d);
    int  (*page_response)(struct host *h, const struct page_request *r, enum pri_code code);   /* NULL: none */
    bool (*awaits)(const uint64_t *event);             /* NULL: none stall */
    int  (*event)(struct host *h, const uint64_t *event);
};
extern const struct host_ops host_smmuv3_ops, host_vtd_ops;

/* NULL if it was never attached. */
struct host_stream *host_stream_find(const struct host *h, uint32_t sid, uint32_t pasid);
/* Makes it if need be; NULL: no memory. */
struct host_stream *host_stream(struct host *h, uint32_t sid, uint32_t pasid);
/* Room in the table region, zeroed and aligned to its size; 0 if there is none. */
uint64_t host_alloc(struct host *h, unsigned bytes_log2);
/* One word of a table or structure. */
int  host_write(struct host *h, uint64_t pa, uint64_t value);
uint64_t host_read(const struct host *h, uint64_t pa);
int  host_command(struct host *h, const uint64_t *words, unsigned n);
/* Sets why; returns err. */
int  host_fail(struct host *h, int err, const char *why);
/* Another domain of this host, known to nobody else. */
struct host_domain *host_domain_new(struct host *h, uint64_t id, unsigned mode);
/* An access of the stream to `iova` met no translation, in stage 2 or 1: is there one now?  By params.stall it
 * is made. */
int  host_fault(struct host *h, uint32_t sid, uint32_t pasid, uint64_t iova, bool stage2, bool *mapped);
/* Maps [pa, pa + bytes) to itself in `d` wherever it is not mapped yet. */
int  host_identity(struct host_domain *d, uint64_t pa, uint64_t bytes);

#endif
