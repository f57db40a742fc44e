/* SPDX-License-Identifier: Apache-2.0
 *
 * import_vtd.h - what the parts of the VT-d log importer share; nobody else includes it.
 *
 * A handler reads the text behind an event's name: false if it cannot.  *rc is 0 or a SIM_E code.
 */
#ifndef TRACES_IMPORT_VTD_H
#define TRACES_IMPORT_VTD_H
#include "traces/import/import_vtd_tables.h"

/* The translation whose lines are being read. */
struct xlate {
    enum { X_NONE, X_CONFIG, X_HIT, X_MISS, X_PASS } state;
    uint32_t sid;
    bool has_config, config_hit, flushed;
    struct vtd_logged context;              /* of the cc line, if has_config                  */
    uint64_t iova, entry;                    /* HIT, MISS: the full address, the leaf entry    */
    uint32_t domain;
};

struct vtd {
    struct import_source *src;
    struct vtd_tables tables;
    struct xlate x;
    struct u64map context;                   /* sid << 1 -> lo, | 1 -> hi of the entry last read */
    bool batch;                              /* commands were emitted, their DOORBELL not yet  */
    uint64_t batch_ns;                       /* when the last of them was                      */
    bool head;                               /* a descriptor is fetched, not yet printed       */
    uint64_t *used;                          /* lines by row of events[]                       */
};

/* One record, from the line that is being read; a script's log gives accesses and outcomes only. */
int vtd_emit(struct vtd *v, struct rec rec, const uint64_t *w);

/* The batch of descriptors before this line has ended: its DOORBELL. */
int vtd_end_batch(struct vtd *v);

void vtd_odd(const struct vtd *v, const char *what);

/* ---- import_vtd_xlate.c: the lines of a translation ------------------------------------------ */

#define VTD_XLATE_EVENTS(E)                                                                        \
    E("vtd_iotlb_page_hit",           IMPORT_USED,    vtd_page_hit)                                \
    E("vtd_iotlb_page_update",        IMPORT_USED,    vtd_page_update)                             \
    E("vtd_iotlb_cc_hit",             IMPORT_USED,    vtd_cc_hit)                                  \
    E("vtd_iotlb_cc_update",          IMPORT_USED,    vtd_cc_update)                               \
    E("vtd_iotlb_reset",              IMPORT_USED,    vtd_iotlb_reset)                             \
    E("vtd_dmar_translate",           IMPORT_USED,    vtd_dmar_translate)                          \
    E("vtd_dmar_fault",               IMPORT_USED,    vtd_dmar_fault)                              \
    E("vtd_translate_pt",             IMPORT_USED,    vtd_translate_pt)                            \
    E("vtd_pt_enable_fast_path",      IMPORT_USED,    vtd_fast_path)                               \
    E("vtd_re_not_present",           IMPORT_USED,    vtd_no_root)                                 \
    E("vtd_ce_not_present",           IMPORT_USED,    vtd_no_context)                              \
    E("vtd_fault_disabled",           IMPORT_USED,    vtd_fault_disabled)

#define VTD_HANDLER(name, group, handler) bool handler(struct vtd *v, const char *p, int *rc);
VTD_XLATE_EVENTS(VTD_HANDLER)

/* The translation before has no end in the log. */
void vtd_drop_open(struct vtd *v);

static inline struct import *vtd_im(const struct vtd *v) { return v->src->im; }

#endif
