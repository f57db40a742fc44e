/* SPDX-License-Identifier: Apache-2.0
 *
 * translate.h - one VT-d request from source-id to output address, as a question-and-answer
 * machine.  [VT-d 3, 7.1; order of checks: fact sheet 5.1]
 *
 * The machine asks; whoever drives it answers from a cache or from memory, and pays for it:
 *
 *     vtd_xl_begin(&m, regs, impl, &req);
 *     while (vtd_xl_ask(&m))
 *         if (!m.q.words) {
 *             vtd_xl_tell_none(&m);              // nothing cached
 *         } else {
 *             ok = mem_read(mem, m.q.pa, m.q.words, w);
 *             vtd_xl_tell(&m, ok ? w : NULL);    // NULL: the read failed
 *         }
 *     // m.res, and m.leaf if m.has_leaf
 *
 * VTD_Q_UPDATE asks for the word at pa as well, and for its replacement by q.value if it is q.old: accessed and
 * dirty bits.
 *
 * CONTEXT may be answered by an earlier m.ctx of this source-id, PASID by an earlier m.pe of this source-id and PASID,
 * TLB by an earlier m.leaf with its domain, GPA by an earlier m.gpa_leaf, SEED by an earlier m.seed of that stage, at
 * which the walk then begins.  After a step the machine says in m.got what a cache could keep now.  Faults and
 * pass-through leave nothing to keep, but for structures that are not present where caching mode (CAP.CM = 1) is made
 * use of: m.ctx or m.pe with its reason, m.leaf without rights.  A machine is a plain value: a copy goes on by itself.
 *
 * An interrupt request is remapped, if that is on, by arch/vtd/irte, whose questions are IEC, IRTE and PD; IEC may be
 * answered by an earlier m.ir.e of this index.
 *
 * In legacy mode a request has no PASID and its second stage is that of its context; m.pgtt and m.did then say what a
 * PASID entry would.
 *
 * Left out: execute permission of the second stage (retired), memory types.
 */
#ifndef ARCH_VTD_TRANSLATE_H
#define ARCH_VTD_TRANSLATE_H
#include "arch/vtd/fault.h"
#include "arch/vtd/irte.h"
#include "arch/vtd/pasid.h"
#include "arch/xlate.h"

enum vtd_q_kind {
    VTD_Q_END,                 /* no question: m.res holds the end                         */
    VTD_Q_CONTEXT,             /* the context of sid: tell_context or tell_none            */
    VTD_Q_ROOT, VTD_Q_CTX,     /* an entry at pa: tell                                     */
    VTD_Q_PASID,               /* the PASID entry of (sid, pasid): tell_pasid or tell_none */
    VTD_Q_DIR, VTD_Q_PE,       /* an entry at pa: tell                                     */
    VTD_Q_TLB,                 /* the translation of addr: tell_tlb or tell_none           */
    VTD_Q_GPA,                 /* nested: second stage of q.in: tell_gpa or tell_none      */
    VTD_Q_SEED,                /* where the walk of q.stage may begin: tell_seed or tell_none */
    VTD_Q_FS, VTD_Q_SS,        /* a first-stage, a second-stage entry at pa: tell          */
    VTD_Q_UPDATE,              /* hardware update of the one at pa, of q.stage             */
    VTD_Q_IEC,                 /* the interrupt entry q.in: tell_irte or tell_none         */
    VTD_Q_IRTE,                /* the same at pa: tell                                     */
    VTD_Q_PD,                  /* a posted-interrupt descriptor at pa: tell, then m.ir.post is written at once */
};

struct vtd_q {
    uint8_t  kind;             /* enum vtd_q_kind                                          */
    uint8_t  words;            /* 64-bit words asked for                                   */
    uint8_t  level;            /* VTD_Q_FS, _SS: 1 is the last                             */
    uint8_t  stage;            /* VTD_Q_SEED, _UPDATE: 1 or 2                              */
    uint8_t  pgtt;             /* enum vtd_pgtt, as far as known                           */
    bool     did_known;        /* false before the context (scalable: the PASID entry) is known */
    uint16_t did;
    uint32_t pasid;            /* if known: from VTD_Q_PASID on                            */
    uint64_t pa;               /* where the words are                                      */
    uint64_t in;               /* VTD_Q_GPA, _SEED, _FS, _SS: what that stage translates; _IEC, _IRTE: the index */
    uint64_t old, value;       /* VTD_Q_UPDATE: replace old by value, if it is still there */
};

/* What an implementation is free to do. */
struct vtd_impl {
    bool tlb_first;            /* untranslated requests ask TLB before CONTEXT, if their PASID is known without: needs
                                  an IOTLB by source-id                                    */
    bool keep_absent;          /* caching mode: what is not present is kept, too; never of the first stage */
};

enum vtd_got {                 /* what the last answer completed                           */
    VTD_GOT_CONTEXT = 1,       /* m.ctx, fetched                                           */
    VTD_GOT_PASID   = 2,       /* m.pe, fetched                                            */
    VTD_GOT_TABLE   = 4,       /* m.seed of stage m.seed_stage, for m.seed_in: the table below the entry just told */
    VTD_GOT_GPA     = 8,       /* nested: m.gpa_leaf, walked                               */
    VTD_GOT_IRTE    = 16,      /* m.ir.e of index m.ir.index, fetched                      */
};

/* What a paging-structure cache keeps of an entry that points to a table. */
struct vtd_seed {
    uint64_t table;            /* as the entry says: nested first stage: a GPA             */
    uint64_t host;             /* where it is                                              */
    uint8_t  level;            /* of `table`: one below the entry                          */
    uint8_t  rights;           /* vtdss_seed.perm, vtdfs_seed.rights                       */
    uint8_t  host_perm;        /* nested first stage: what the second permits of the table */
    bool     host_dirty;       /* ... and that writing to it needs no update there         */
};

struct vtd_xl {
    const struct vtd_regs *regs;
    const struct vtd_impl *impl;
    struct xl_req req;
    struct xl_result res;
    struct xl_leaf leaf;       /* the translation, if has_leaf                             */
    struct vtd_q q;
    bool has_leaf;             /* by a walk or from the TLB                                */
    bool walked;               /* by a walk: worth keeping                                 */
    bool absent;               /* m.leaf says that nothing is there: worth keeping          */
    uint8_t got;               /* enum vtd_got bits                                        */
    uint8_t reads;             /* questions answered by tell so far, updates apart         */
    bool scalable;
    bool super;                /* a supervisor's request                                   */
    bool tlb_asked;
    bool fpd;                  /* as far as known                                          */
    bool ctx_known;
    uint8_t  pgtt;             /* enum vtd_pgtt, with did: once known, or has_leaf         */
    uint16_t did;
    uint32_t pasid;            /* legacy mode: 0                                           */
    struct vtd_context ctx;    /* if ctx_known                                             */
    struct vtd_pasid pe;       /* legacy mode: its second stage alone                      */
    struct xl_leaf gpa_leaf;
    struct vtd_seed seed;
    uint64_t seed_in;
    uint8_t  seed_stage;

    /* where it stands in the walk */
    uint8_t  after;            /* what the second stage's output is for                    */
    uint8_t  host_perm;        /* nested: of the table that the first stage is at          */
    bool     host_dirty;
    uint64_t host;             /* where the first-stage entry is                           */
    struct vtdfs_walk w1;
    struct vtdss_walk w2;

    bool remaps;               /* an interrupt, that is remapped                           */
    struct vtd_ir ir;          /* if it is                                                 */
};

void vtd_xl_begin(struct vtd_xl *m, const struct vtd_regs *regs, const struct vtd_impl *impl,
                  const struct xl_req *req);

/* Is there a question?  False when m.res holds the end. */
static inline bool vtd_xl_ask(const struct vtd_xl *m) { return m->q.kind != VTD_Q_END; }

void vtd_xl_tell(struct vtd_xl *m, const uint64_t *words);     /* NULL: the read failed      */
void vtd_xl_tell_none(struct vtd_xl *m);
void vtd_xl_tell_context(struct vtd_xl *m, const struct vtd_context *c);
void vtd_xl_tell_pasid(struct vtd_xl *m, const struct vtd_pasid *p);
void vtd_xl_tell_tlb(struct vtd_xl *m, const struct xl_leaf *l, uint16_t did, bool fpd);
void vtd_xl_tell_gpa(struct vtd_xl *m, const struct xl_leaf *l);
void vtd_xl_tell_seed(struct vtd_xl *m, const struct vtd_seed *s);
void vtd_xl_tell_irte(struct vtd_xl *m, const struct vtd_irte *e);

/* May this entry answer the question, TLB or GPA?  Not if accessed or dirty bits would have to be set: then it is not
 * told, and there is a walk. */
bool vtd_xl_may_use(const struct vtd_xl *m, const struct xl_leaf *l);

/* "root", "SS3": what the question is about. */
const char *vtd_q_name(const struct vtd_q *q);

/* Is the 4 KiB page of this address in the range that interrupts use? */
bool vtd_interrupt_range(uint64_t addr);

#endif
