/* SPDX-License-Identifier: Apache-2.0
 *
 * translate.h - one SMMUv3 transaction from StreamID to output address, as a question-and-answer machine.
 *               [SMMUv3 3.4, 7.3; order of checks: fact sheet 4.1, 4.2]
 *
 * The machine asks; whoever drives it answers from a cache or from memory, and pays for it:
 *
 *     smmuv3_xl_begin(&m, regs, &impl_arch, &req);
 *     while (smmuv3_xl_ask(&m))
 *         switch (m.q.kind) {
 *         case SMMUV3_Q_CONFIG: case SMMUV3_Q_TLB: case SMMUV3_Q_IPA:
 *             smmuv3_xl_tell_none(&m);            // nothing cached
 *             break;
 *         default:
 *             ok = mem_read(mem, m.q.pa, m.q.words, w);
 *             smmuv3_xl_tell(&m, ok ? w : NULL);  // NULL: the read aborted
 *         }
 *     // m.res, and m.leaf if m.has_leaf
 *
 * SMMUV3_Q_CAS asks for the word at pa as well, and for its replacement by q.value if it is q.old: a hardware
 * update of a descriptor.
 *
 * Three questions may be answered by a cache as a whole: CONFIG (an earlier m.config), TLB (an earlier
 * m.leaf of this context) and IPA (an earlier leaf of stage 2).  Instead of such an answer a seed may be
 * told, at which the walk that follows begins.  After a step the machine says in m.got what a cache could
 * keep now.
 *
 * A Translation Request (req.type XL_ATS_REQUEST) ends in XL_ATS_OK with the rights granted, XL_ATS_UR or
 * XL_ATS_CA; a Translated transaction (XL_TRANSLATED) in its address or in a fault.  [SMMUv3 3.9.1]
 *
 * A speculative read is translated as any, access flag and all, but where it would fault or stall it ends in
 * XL_ABORT; a speculative write always does, and a Translation Request is never speculative.  [SMMUv3 3.14]
 *
 * Left out: AArch32, Secure and Realm state, table access flags (HAFT), permission indirection, DPT, MPAM;
 * the identification registers say so.
 */
#ifndef ARCH_SMMUV3_TRANSLATE_H
#define ARCH_SMMUV3_TRANSLATE_H
#include "arch/smmuv3/attr.h"
#include "arch/smmuv3/config.h"
#include "arch/smmuv3/event.h"
#include "arch/xlate.h"

enum smmuv3_q_kind {
    SMMUV3_Q_CONFIG,           /* the configuration of (sid, ssid): tell_config or tell_none */
    SMMUV3_Q_L1STD, SMMUV3_Q_STE, SMMUV3_Q_L1CD, SMMUV3_Q_CD,     /* words at pa            */
    SMMUV3_Q_TLB,              /* the translation of addr: tell_tlb, tell_seed or tell_none  */
    SMMUV3_Q_IPA,              /* stage 2 of ipa: tell_ipa, tell_seed or tell_none           */
    SMMUV3_Q_S1, SMMUV3_Q_S2,  /* a descriptor at pa                                         */
    SMMUV3_Q_CAS,              /* hardware update of the one at pa                           */
};

struct smmuv3_q {
    uint8_t  kind;
    uint8_t  words;            /* 64-bit words asked for                                     */
    int8_t   level;            /* Q_S1, Q_S2                                                 */
    uint8_t  cls;              /* for whom stage 2 translates: enum event_class              */
    bool     root;             /* Q_IPA: of a root table, asked when a CD was decoded        */
    bool     outside;          /* Q_TLB: in no table's range, or E0PD shuts it: can only miss */
    uint64_t pa;               /* where the words are                                        */
    uint64_t ipa;              /* Q_IPA: address to translate.  Q_S1, nested: IPA of pa      */
    uint64_t old, value;       /* Q_CAS: replace old by value, if it is still there          */
};

/* What an implementation is free to do, and two things it is not. */
struct smmuv3_impl {
    bool root_ipa_in_config;   /* translate the roots' IPAs when a CD is decoded and keep them */
    bool table_ipa_base;       /* translate the IPA of a table's first byte, not of the
                                  descriptor: wrong where a table spans several stage 2 pages */
    bool table_fault_cd_r;     /* CD.R instead of STE.S2R decides on recording a stage 2 fault
                                  on a stage 1 table: wrong                                  */
    bool contiguous;           /* the contiguous hint is used: a translation covers the group */
};

enum smmuv3_got {              /* what the last answer completed */
    SMMUV3_GOT_CONFIG = 1,     /* m.config, fetched                                          */
    SMMUV3_GOT_IPA    = 2,     /* m.ipa_leaf, walked                                         */
    SMMUV3_GOT_TABLE  = 4,     /* a table descriptor: m.seed, of stage m.seed_stage, for
                                  m.seed_in                                                  */
    SMMUV3_GOT_S1     = 8,     /* nested: stage 1 in m.leaf, before stage 2.  Told as an answer to TLB it
                                  is stage 1's part alone, and stage 2 of its output is asked for */
};

struct smmuv3_xl {
    const struct smmuv3_regs *regs;
    const struct smmuv3_impl *impl;
    struct xl_req req;
    struct xl_result res;
    struct xl_leaf leaf;               /* the translation, if has_leaf                       */
    bool has_leaf;                     /* by a walk or from the TLB                           */
    bool walked;                       /* has_leaf by a walk: worth keeping                  */
    uint8_t got;                       /* enum smmuv3_got bits                               */
    struct smmuv3_q q;                 /* the question, if ask said so                       */

    const struct smmuv3_config *config;   /* own_config, or the one told                     */
    struct smmuv3_config own_config;
    struct xl_leaf ipa_leaf;
    struct vmsa_seed seed;
    uint64_t seed_in;
    uint8_t  seed_stage;

    /* where it stands */
    uint8_t  state;
    uint8_t  after_s2;                 /* state that stage 2 returns to                       */
    uint8_t  half;                     /* TTB0 or TTB1                                        */
    uint8_t  root;                     /* which root is being translated                      */
    bool     priv, exec;               /* after PRIVCFG, INSTCFG                              */
    uint8_t  levels;                   /* descriptors read                                    */
    uint64_t va;                       /* input of stage 1 without sign or tag                */
    uint64_t canon;                    /* the address without tag: what TLBs key and TLBI says */
    uint64_t ipa, s2_out;              /* input and output of the stage 2 translation         */
    uint8_t  s2_perm;
    bool     s2_failed;                /* of a root that this access does not need            */
    bool     s2_write;                 /* the table there is to be written                    */
    uint8_t  updated;                  /* stage whose descriptor the update is for            */
    struct vmsa_walk w1, w2;
};

void smmuv3_xl_begin(struct smmuv3_xl *m, const struct smmuv3_regs *regs,
                     const struct smmuv3_impl *impl, const struct xl_req *req);

/* Is there a question?  False when m.res holds the end. */
enum { SMMUV3_XL_DONE };               /* the state without one */
static inline bool smmuv3_xl_ask(const struct smmuv3_xl *m)
{
    return m->state != SMMUV3_XL_DONE;
}

void smmuv3_xl_tell(struct smmuv3_xl *m, const uint64_t *words);       /* NULL: the read aborted */
void smmuv3_xl_tell_none(struct smmuv3_xl *m);
void smmuv3_xl_tell_config(struct smmuv3_xl *m, const struct smmuv3_config *c);
void smmuv3_xl_tell_tlb(struct smmuv3_xl *m, const struct xl_leaf *l);
void smmuv3_xl_tell_ipa(struct smmuv3_xl *m, const struct xl_leaf *l);
void smmuv3_xl_tell_seed(struct smmuv3_xl *m, const struct vmsa_seed *s);

/* May this entry answer the question, TLB or IPA?  Not if a write would have to mark it dirty: then it is
 * not told, and there is a walk. */
bool smmuv3_xl_may_use(const struct smmuv3_xl *m, const struct xl_leaf *l);

/* Memory type and shareability of an access that only stage 2 translates, from an entry's attr and sh. */
struct smmuv3_attr smmuv3_stage2_attr(const struct smmuv3_config *c, const struct xl_req *req,
                                      uint8_t attr, uint8_t sh);

/* A copy that can go on by itself (the machine points into itself). */
void smmuv3_xl_copy(struct smmuv3_xl *to, const struct smmuv3_xl *from);

/* "STE", "S1L2": what the question is about. */
const char *smmuv3_q_name(const struct smmuv3_q *q);

#endif
