/* SPDX-License-Identifier: Apache-2.0
 *
 * translate.h - one VT-d request from source-id to output address, as a question-and-answer
 * machine.  [VT-d 3, 7.1; order of checks: fact sheet 5.1]
 *
 * The machine asks; whoever drives it answers from a cache or from memory, and pays for it:
 *
 *     vtd_xl_begin(&m, regs, impl, &req);
 *     while (vtd_xl_ask(&m))
 *         switch (m.q.kind) {
 *         case VTD_Q_CONTEXT: case VTD_Q_TLB: case VTD_Q_SEED:
 *             vtd_xl_tell_none(&m);              // nothing cached
 *             break;
 *         default:
 *             ok = mem_read(mem, m.q.pa, m.q.words, w);
 *             vtd_xl_tell(&m, ok ? w : NULL);    // NULL: the read failed
 *         }
 *     // m.res, and m.leaf if m.has_leaf
 *
 * CONTEXT may be answered by an earlier m.ctx of this source-id, TLB by an earlier m.leaf with its
 * domain, SEED by an earlier m.seed at which the walk then begins.  After a step the machine says
 * in m.got what a cache could keep now.  Faults and pass-through leave nothing to keep.  A machine
 * is a plain value: a copy goes on by itself.
 *
 * Left out until the machine learns them: scalable mode (ends in XL_UNSUPPORTED), page requests.
 */
#ifndef ARCH_VTD_TRANSLATE_H
#define ARCH_VTD_TRANSLATE_H
#include "arch/table/vtdss.h"
#include "arch/vtd/context.h"
#include "arch/vtd/fault.h"
#include "arch/xlate.h"

enum vtd_q_kind {
    VTD_Q_END,                 /* no question: m.res holds the end                         */
    VTD_Q_CONTEXT,             /* the context of sid: tell_context or tell_none            */
    VTD_Q_ROOT, VTD_Q_CTX,     /* an entry at pa: tell                                     */
    VTD_Q_TLB,                 /* the translation of addr: tell_tlb or tell_none           */
    VTD_Q_SEED,                /* where the walk may begin: tell_seed or tell_none         */
    VTD_Q_SS,                  /* a second-stage entry at pa: tell                         */
};

struct vtd_q {
    uint8_t  kind;             /* enum vtd_q_kind                                          */
    uint8_t  words;            /* 64-bit words asked for                                   */
    uint8_t  level;            /* VTD_Q_SS: 1 is the last                                  */
    bool     did_known;        /* false before the context is known                        */
    uint16_t did;
    uint64_t pa;               /* where the words are                                      */
};

/* What an implementation is free to do. */
struct vtd_impl {
    bool tlb_first;            /* untranslated requests ask TLB before CONTEXT: needs an
                                  IOTLB by source-id                                       */
};

enum vtd_got {                 /* what the last answer completed                           */
    VTD_GOT_CONTEXT = 1,       /* m.ctx, fetched                                           */
    VTD_GOT_TABLE   = 2,       /* m.seed: the table below the entry just told              */
};

struct vtd_xl {
    const struct vtd_regs *regs;
    const struct vtd_impl *impl;
    struct xl_req req;
    struct xl_result res;
    struct xl_leaf leaf;       /* the translation, if has_leaf                             */
    bool has_leaf;             /* by a walk or from the TLB                                */
    bool walked;               /* by a walk: worth keeping                                 */
    uint8_t got;               /* enum vtd_got bits                                        */
    uint8_t reads;             /* questions answered by tell so far                        */
    struct vtd_q q;
    bool tlb_asked;
    bool fpd;                  /* as far as known                                          */
    uint16_t did;              /* if ctx_known, or has_leaf                                */
    bool ctx_known;
    struct vtd_context ctx;    /* if ctx_known                                             */
    struct vtdss_seed seed;
    struct vtdss_walk walk;
};

void vtd_xl_begin(struct vtd_xl *m, const struct vtd_regs *regs, const struct vtd_impl *impl,
                  const struct xl_req *req);

/* Is there a question?  False when m.res holds the end. */
static inline bool vtd_xl_ask(const struct vtd_xl *m) { return m->q.kind != VTD_Q_END; }

void vtd_xl_tell(struct vtd_xl *m, const uint64_t *words);     /* NULL: the read failed      */
void vtd_xl_tell_none(struct vtd_xl *m);
void vtd_xl_tell_context(struct vtd_xl *m, const struct vtd_context *c);
void vtd_xl_tell_tlb(struct vtd_xl *m, const struct xl_leaf *l, uint16_t did, bool fpd);
void vtd_xl_tell_seed(struct vtd_xl *m, const struct vtdss_seed *s);

/* "root", "SS3": what the question is about. */
const char *vtd_q_name(const struct vtd_q *q);

/* Is the 4 KiB page of this address in the range that interrupts use? */
bool vtd_interrupt_range(uint64_t addr);

#endif
