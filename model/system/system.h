/* SPDX-License-Identifier: Apache-2.0
 *
 * system.h - an IOMMU put together from a profile, behind one face for whoever drives it.
 *
 * Whoever drives it (a replay, a generator, a test) writes tables into `mem`, registers and commands, and
 * asks for translations.  In functional mode every delay is zero: a call returns with all its effects done.
 */
#ifndef SYSTEM_SYSTEM_H
#define SYSTEM_SYSTEM_H
#include "arch/ats.h"
#include "arch/oracle.h"
#include "arch/xlate.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/param.h"
#include "kernel/comp.h"

enum system_arch { SYSTEM_NONE, SYSTEM_SMMUV3, SYSTEM_VTD };   /* numbers as enum trace_arch */

/* What a request met on its way: compared with what a trace's source logged, and explained to users. */
struct system_trail {
    uint8_t  cls;              /* class of the request: system->class_name[cls]            */
    bool     config_looked, config_hit;
    uint8_t  lookups;          /* IOTLB lookups, those for table addresses included        */
    uint32_t hits;             /* bit i: lookup i hit                                      */
    uint32_t flushes;          /* bit i: after lookup i an insert emptied a full store     */
    uint16_t reads;            /* reads of configuration and tables                        */
    uint8_t  s1_reads, s2_reads;   /* of these, SMMUv3: of stage 1's and of stage 2's tables */
};

struct system;
struct system_ops {
    void (*translate)(struct system *s, const struct xl_req *req, struct xl_result *res,
                      struct system_trail *trail);
    /* One command (2 words) or invalidation descriptor (2 or 4), given through the queue. */
    int  (*command)(struct system *s, const uint64_t *words, unsigned n);
    /* A processor's TLB maintenance, as the command of the same scope.  NULL: takes no part. */
    void (*broadcast)(struct system *s, const uint64_t *words, unsigned n);
    /* A register as the driver writes it; offsets as the manual's. */
    int  (*reg_write)(struct system *s, uint32_t offset, uint64_t value, unsigned bytes);
    uint64_t (*reg_read)(struct system *s, uint32_t offset, unsigned bytes);   /* NULL: reads as zero */
    /* An identification register of the machine a trace was captured on. */
    int  (*capability)(struct system *s, uint32_t offset, uint64_t value);
    void (*reset)(struct system *s);           /* machine reset: registers and caches, not memory */
    void (*destroy)(struct system *s);
    /* For the judge: the oracle's view of this architecture and of the registers it reads. */
    const struct oracle_arch *oracle;
    const void *(*regs)(const struct system *s);
    /* What the oracle is told of a command; false if it invalidates nothing. */
    bool (*inval)(const struct system *s, const uint64_t *words, unsigned n,
                  struct oracle_inval *inv);
    /* Software takes the oldest page request from its queue; false if there is none.  NULL: has no queue. */
    bool (*take_page_request)(struct system *s, struct page_request *r);
    /* Makes s->timed.  0 or SIM_EENV. */
    int  (*start_timed)(struct system *s, uint64_t seed);
};

/* A use of an entry whose tables had been changed: software's mistake [design.md 2]. */
struct system_stale {
    uint64_t request, t_ps, iova;
    uint32_t sid;
    struct xl_result cached, current;
    uint64_t changed_ps;
    uint64_t invalidated_ps;   /* UINT64_MAX: never                                        */
    uint64_t word_pa;          /* the table word that had changed                          */
    const char *word;          /* "STE", "S1L3"                                            */
};

/* A result that no legal state of tables and caches explains: ours to fix. */
struct system_mismatch {
    uint64_t request, t_ps, iova;
    uint32_t sid;
    struct xl_result found, expected;
};

/* Without time (SMMUv3): each event record is told here, and the end of each transaction that was stalled
 * (XL_STALL); and what software writes into tables.  Any may be NULL. */
struct system_watch {
    void (*recorded)(void *arg, const uint64_t *event);
    void (*ended)(void *arg, uint64_t request, const struct xl_req *req, const struct xl_result *res);
    void (*wrote)(void *arg, uint64_t pa, const uint64_t *words, unsigned n);
    void *arg;
};

struct system {
    const struct system_ops *ops;
    enum system_arch arch;
    struct comp top;
    struct mem *mem;                   /* owned */
    const char *const *class_name;     /* [classes] */
    unsigned classes;
    uint64_t request;                  /* number of the request being made, from 0 */
    uint64_t now_ps;                   /* set by whoever drives it */
    struct system_judge *judge;        /* NULL unless system_check was called */
    struct timed *timed;               /* NULL in functional mode: system/timed.h */
    const struct system_watch *watch;  /* NULL: nobody does */
    struct ats *ats;                   /* devices with an ATC: system/ats.h; NULL: none */
    void (*software)(void *arg);       /* a page request waits in its queue; NULL: nobody answers any */
    void *software_arg;
};

/* The parameters of one architecture, to be filled from a profile, --set and sweep axes. */
struct system_config;
struct system_config *system_config_new(enum system_arch arch);
void system_config_free(struct system_config *c);
enum system_arch system_config_arch(const struct system_config *c);
struct param_set *system_config_params(struct system_config *c);
/* Time passes in the systems that are made from here on; else every delay is zero. */
void system_config_timed(struct system_config *c, bool timed);

struct system *system_new(const struct system_config *c, uint64_t seed, struct diag *d);
void system_free(struct system *s);

/* Judges every result by the oracle from here on.  To be called before the first write. */
int system_check(struct system *s);
const struct system_stale *system_stale(const struct system *s, size_t *n, uint64_t *total);
const struct system_mismatch *system_mismatches(const struct system *s, size_t *n, uint64_t *total);

/* What follows could look at memory: writes after it are a new version. */
void system_tick(struct system *s);

/* Judges a result, if system_check was called; `since` is memory's epoch when the request was made.  True
 * if it is a stale use. */
bool system_judge(struct system *s, const struct xl_req *req, const struct xl_result *res,
                  uint64_t request, uint64_t since);

void system_translate_judged(struct system *s, const struct xl_req *req, struct xl_result *res,
                             struct system_trail *trail);

/* One request, judged if system_check was called.  trail may be NULL. */
static inline void system_translate(struct system *s, const struct xl_req *req,
                                    struct xl_result *res, struct system_trail *trail)
{
    struct system_trail own;

    if (!trail)
        trail = &own;
    if (s->judge)
        system_translate_judged(s, req, res, trail);
    else
        s->ops->translate(s, req, res, trail);
    s->request++;
}

/* In timed mode it is only handed over: whoever drives the system puts it into the queue. */
int  system_command(struct system *s, const uint64_t *words, unsigned n);
/* Carries it out at once. */
int  system_command_now(struct system *s, const uint64_t *words, unsigned n);
/* TLB maintenance that a processor broadcasts, as the command of the same scope: an input of its own, beside
 * the queue.  Carried out now, if the unit takes part in it. */
void system_broadcast(struct system *s, const uint64_t *words, unsigned n);
int  system_reg_write(struct system *s, uint32_t offset, uint64_t value, unsigned bytes);
uint64_t system_reg_read(struct system *s, uint32_t offset, unsigned bytes);
int  system_capability(struct system *s, uint32_t offset, uint64_t value);
int  system_table_write(struct system *s, uint64_t pa, const uint64_t *words, unsigned n);
void system_reset(struct system *s);
static inline bool system_take_page_request(struct system *s, struct page_request *r)
{
    return s->ops->take_page_request && s->ops->take_page_request(s, r);
}

#endif
