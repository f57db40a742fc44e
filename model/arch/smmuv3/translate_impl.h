/* SPDX-License-Identifier: Apache-2.0
 *
 * translate_impl.h - what the parts of the machine share: translate.c drives it and walks, translate_config.c
 * finds STE and CD, translate_end.c says how it ends: faults, ATS answers, memory types.
 */
#ifndef ARCH_SMMUV3_TRANSLATE_IMPL_H
#define ARCH_SMMUV3_TRANSLATE_IMPL_H
#include "arch/smmuv3/translate.h"

enum smmuv3_xl_state {
    ST_DONE = SMMUV3_XL_DONE,
    ST_CONFIG, ST_L1STD, ST_STE, ST_CD_IPA, ST_L1CD, ST_CD2_IPA, ST_CD, ST_ROOT, ST_TLB,
    ST_IPA, ST_S2, ST_S1_IPA, ST_S1, ST_UPDATE_IPA, ST_CAS, ST_FINAL,
};

static inline void smmuv3_xl_question(struct smmuv3_xl *m, enum smmuv3_xl_state st, enum smmuv3_q_kind kind,
                               uint64_t pa, unsigned words)
{
    const struct smmuv3_q q = { .kind = (uint8_t)kind, .words = (uint8_t)words };

    m->state = (uint8_t)st;
    memcpy(&m->q, &q, offsetof(struct smmuv3_q, pa));      /* ipa, old and value are set where they are asked for */
    m->q.pa = pa;
}

static inline void smmuv3_xl_end(struct smmuv3_xl *m, enum xl_outcome o)
{
    m->res.outcome = (uint8_t)o;
    m->state = ST_DONE;
}

static inline bool smmuv3_xl_is_ats_request(const struct smmuv3_xl *m)
{
    return m->req.type == XL_ATS_REQUEST;
}

/* ---- translate_end.c ---- */

/* A wrong configuration, or one that could not be read. */
void smmuv3_xl_fault_config(struct smmuv3_xl *m, unsigned code, uint64_t fetch);
/* Aborts and is recorded whatever the descriptors say. */
void smmuv3_xl_fault_always(struct smmuv3_xl *m, unsigned code, uint64_t fetch);
/* F_ADDR_SIZE of what is not translated by stage 1. */
void smmuv3_xl_fault_size_in(struct smmuv3_xl *m);
/* The four faults that obey A, R and S, of the stage that found them. */
void smmuv3_xl_fault(struct smmuv3_xl *m, unsigned code, bool stage2, unsigned cls, uint64_t ipa);
void smmuv3_xl_fault_walk(struct smmuv3_xl *m, const struct vmsa_walk *w, bool stage2, unsigned cls,
                   uint64_t ipa);
/* What a permission mask grants to the access; of a Translation Request, if it grants anything. */
bool smmuv3_xl_permits(const struct smmuv3_xl *m, uint8_t perm);
/* Does the access want to write, as far as the dirty state is concerned? */
bool smmuv3_xl_wants_write(const struct smmuv3_xl *m);
/* The same of the address that stage 1 gave.  A Translation Request to which stage 1 grants no write leaves
 * stage 2's page clean.  [SMMUv3 3.13.7] */
bool smmuv3_xl_wants_write2(const struct smmuv3_xl *m);
/* It passes untranslated: nothing translates the stream. */
void smmuv3_xl_bypass(struct smmuv3_xl *m);
/* Translated by m->leaf, all permissions judged. */
void smmuv3_xl_finish(struct smmuv3_xl *m);
/* A Translated transaction that is not looked at further. */
void smmuv3_xl_pass(struct smmuv3_xl *m);
/* One of a split-stage stream, after stage 2.  STE overrides of memory types are not for it. */
void smmuv3_xl_pass_stage2(struct smmuv3_xl *m);
/* SMMUEN = 0. */
void smmuv3_xl_disabled(struct smmuv3_xl *m);
/* ATS against the stream's configuration: false if that was the end. */
bool smmuv3_xl_ats_allowed(struct smmuv3_xl *m);

/* ---- translate_config.c ---- */

void smmuv3_xl_find_ste(struct smmuv3_xl *m);
void smmuv3_xl_told_l1std(struct smmuv3_xl *m, const uint64_t *words);    /* NULL: the read aborted */
void smmuv3_xl_told_ste(struct smmuv3_xl *m, const uint64_t *words);
void smmuv3_xl_told_l1cd(struct smmuv3_xl *m, const uint64_t *words);
void smmuv3_xl_told_cd(struct smmuv3_xl *m, const uint64_t *words);
/* The next root table's IPA, if the implementation translates them here; else the configuration is complete. */
void smmuv3_xl_roots(struct smmuv3_xl *m);

/* ---- translate.c ---- */

/* Translates `ipa` by stage 2 and goes on in `then` with m->s2_out. */
void smmuv3_xl_stage2(struct smmuv3_xl *m, uint64_t ipa, unsigned cls, bool root,
                      enum smmuv3_xl_state then);
/* Selects the half of the address: 0, 1, or 2 if it is in neither range; sets va and canon. */
unsigned smmuv3_xl_select_half(struct smmuv3_xl *m, const struct smmuv3_config *c);
/* Privilege and kind of the access as the STE wants them, which every record shows from here on. */
void smmuv3_xl_use_overrides(struct smmuv3_xl *m);
/* The configuration is known: on to the translation itself. */
void smmuv3_xl_configured(struct smmuv3_xl *m);

#endif
