/* SPDX-License-Identifier: Apache-2.0
 *
 * import_smmuv3.h - inside the importer of QEMU's smmuv3 and smmu events; nobody else includes it.
 *
 * import_smmuv3.c holds the table of events and what needs no state; import_smmuv3_xlate.c and _walk.c
 * gather the lines of one translation and make its records at its end, when all is known;
 * import_smmuv3_cmd.c does the same for one command.  QEMU writes both under one lock, so their lines do not interleave.
 */
#ifndef TRACES_IMPORT_SMMUV3_H
#define TRACES_IMPORT_SMMUV3_H
#include "traces/import/import.h"
#include "traces/import/import_qemu.h"
#include "traces/import/import_smmuv3_build.h"
#include "traces/import/u64map.h"

enum { SEEN_MAX = 160, PIECES_MAX = 136, NAME_MAX_LEN = 63, LOOKUPS_MAX = 32 };

struct seen_pte {                  /* one descriptor fetch                              */
    uint64_t at, value;
    uint64_t iova, bytes, root;
    uint8_t kind, stage, level;    /* enum import_note_kind                             */
    bool placed;                   /* smmu_ptw_level said where it belongs              */
};

struct seen_config {               /* what a configuration fetch showed                 */
    bool started, two_level, has_l1, has_ste, has_cd, decoded, nested, has_cd_pa;
    unsigned split, oas;
    uint64_t l1std_at, l2ptr, last, ste_at;
    uint64_t cd_ptr, cd_pa;        /* as the STE has it; where it is                     */
    struct smmuv3_tt_facts tt[2];
};

struct smmuv3_xl {                 /* the translation that is open                      */
    bool open, config_hit;
    bool failed;                   /* ended in a fault; smmuv3_record_event may follow   */
    bool begun;                    /* its first line was there                          */
    uint64_t t_ns;
    unsigned long line;
    uint32_t sid;
    char name[NAME_MAX_LEN + 1];
    uint64_t iova, pa;
    bool has_iova;
    uint8_t outcome, code;
    unsigned perm;
    unsigned lookups;
    uint32_t hits, flushes;
    bool input_hit;                /* of the access's own address                      */
    bool has_asid, has_vmid;
    unsigned asid, vmid;
    uint64_t last_ipa;             /* of the last stage 2 lookup                        */
    struct seen_config cfg;
    struct smmuv3_s2_facts s2;
    bool in_s2_walk, has_root1;
    uint64_t root1, root2;
    unsigned n_seen;
    struct seen_pte seen[SEEN_MAX];
};

struct smmuv3_cmd_seen {                /* the command that is open                          */
    bool open, has_sid, has_range, has_id;
    uint64_t t_ns;
    unsigned long line;
    char name[40];
    uint64_t sid, first, last;
    unsigned asid, vmid;
    unsigned n_pieces;
    struct smmuv3_range piece[PIECES_MAX];
};

struct smmuv3 {
    struct import_source *src;
    struct import *im;
    int rc;                        /* what a sink refused with                          */
    struct smmuv3_xl xl;
    struct smmuv3_cmd_seen cmd;
    bool rings;                    /* COMMANDs came since the last DOORBELL             */
    bool old;                      /* QEMU 7.2: no VMIDs, no check of the access flag   */
    unsigned oas;
    uint32_t caps_seen;            /* bit per identification register                   */
    uint64_t strtab_base;
    bool has_strtab;
    struct u64map words;           /* words emitted: address -> value                   */
    struct u64map cd_pa;           /* nested: vmid and IPA of a CD -> where it is       */
    struct u64map s2_of_vmid;      /* vmid -> index of s2_known + 1                     */
    struct smmuv3_s2_facts *s2_known;
    size_t n_s2;
    uint64_t *count;               /* [events], lines by event                          */
};

/* Hands an item on, unless one was refused before. */
void smmuv3_emit(struct smmuv3 *m, struct import_item *it);
/* A record without words or address, at the current line. */
void smmuv3_emit_plain(struct smmuv3 *m, enum rec_kind kind, uint64_t t_ns);

typedef bool smmuv3_event(struct smmuv3 *m, const union scan_arg *arg, unsigned form);

/* import_smmuv3_xlate.c */
smmuv3_event xl_config_hit, xl_config_miss, xl_find_ste, xl_find_ste_2lvl, xl_get_ste, xl_get_cd,
             xl_decode_cd, xl_decode_cd_tt, xl_lookup_hit, xl_lookup_miss, xl_get_pte, xl_ptw_level,
             xl_page_pte, xl_block_pte, xl_invalid_pte, xl_inv_all, xl_success, xl_bypass, xl_disable,
             xl_abort, xl_record_event;   /* those in the middle: import_smmuv3_walk.c */
/* The translation that a line in the middle belongs to; NULL, and counted, if none is open. */
struct smmuv3_xl *xl_open(struct smmuv3 *m);
bool xl_failed_line(struct smmuv3 *m, const char *line);
/* Ends what is open: no more lines belong to it. */
void xl_settle(struct smmuv3 *m);
/* import_smmuv3_tables.c: the TABLE records of the translation that ends. */
void xl_emit_tables(struct smmuv3 *m);

/* import_smmuv3_cmd.c */
smmuv3_event cmd_consume, cmd_consume_out, cmd_opcode, cmd_cfgi_ste, cmd_cfgi_range, cmd_cfgi_cd,
             cmd_tlbi_nh, cmd_tlbi_nh_asid, cmd_tlbi_vmid, cmd_inv_asid_vmid, cmd_range;
void cmd_finish(struct smmuv3 *m);

#endif
