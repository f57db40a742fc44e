/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import_vtd_tables.h"

#include "arch/table/vtdfs.h"
#include "arch/table/vtdss.h"
#include "arch/vtd/fault.h"
#include "base/bits.h"
#include "base/sim.h"

enum { PAGE = 12, STRIDE = 9 };
#define ENTRY_PS   (1ull << 7)                   /* of both stages [VT-d 9.7, 9.8]              */
#define ENTRY_ADDR 0x000ffffffffff000ull
#define PRESENT    1ull                          /* [VT-d 9.1, 9.3] of root and context entries */
#define DOMAIN_KEY (1ull << 63)                  /* above every address: keys of placed[]       */

/* What an entry that points to a table grants: everything. */
static uint64_t grants(unsigned stage)
{
    if (stage == 1)
        return FIELD_MASK(FSPTE, P) | FIELD_MASK(FSPTE, RW) | FIELD_MASK(FSPTE, US) | FIELD_MASK(FSPTE, A);
    return FIELD_MASK(SSPTE, R) | FIELD_MASK(SSPTE, W);
}

void vtd_tables_init(struct vtd_tables *t, struct import_source *src)
{
    *t = (struct vtd_tables){ .src = src, .next = VTD_PLACED_AT };
}

void vtd_tables_destroy(struct vtd_tables *t)
{
    u64map_destroy(&t->word);
    u64map_destroy(&t->placed);
}

static int no_memory(struct vtd_tables *t)
{
    return diag_env(import_diag(t->src->im), t->src->path, "no memory for the tables of its log");
}

static uint64_t word_at(const struct vtd_tables *t, uint64_t at)
{
    const uint64_t *w = u64map_find(&t->word, at);

    return w ? *w : 0;
}

static bool beyond(const struct vtd_tables *t, uint64_t address)
{
    return address >= VTD_PLACED_AT && address < t->next;
}

static void check_address(struct vtd_tables *t, uint64_t address)
{
    if (beyond(t, address))
        import_count(t->src->im, IMPORT_ODD,
                     "guest addresses in the range of tables placed by the importer", 1);
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *recon_text(enum import_note_kind kind)
{
    switch (kind) {
    case NOTE_L1STD:
        return "root entries";
    case NOTE_STE:
        return "context entries";
    case NOTE_CD:
        return "PASID directory and table entries, PASID tables placed by the importer";
    case NOTE_TABLE:
        return "upper page-table entries (all is granted), tables placed by the importer";
    case NOTE_LEAF:
        return "leaf entries, values as logged";
    default:
        return "leaf entries cleared, as a fault proves";
    }
}

/* Words one after the other.  What memory holds already is not written again: a leaf is then reported as
 * seen. */
static int set_words(struct vtd_tables *t, struct import_note note, unsigned n,
                     const uint64_t *value)
{
    struct import_item it = { .rec = { .kind = REC_TABLE, .addr = note.at, .stream = REC_NO_STREAM,
                                       .flags = REC_F_RECON, .words = (uint16_t)n } };
    bool same = true;

    for (unsigned i = 0; i < n; i++) {
        uint64_t *w = u64map_at(&t->word, note.at + 8 * i);
        if (!w)
            return no_memory(t);
        same &= *w == value[i];
        *w = it.ext.w[i] = value[i];
    }
    note.value = value[0];
    it.note = note;
    if (!same) {
        import_count(t->src->im, IMPORT_RECON, recon_text(note.kind), 1);
        return import_emit(t->src, &it);
    }
    if (note.kind != NOTE_LEAF && note.kind != NOTE_INVALID)
        return 0;
    it.note.kind = NOTE_SEEN;
    it.rec.words = 0;
    return import_emit(t->src, &it);
}

static uint64_t place(struct vtd_tables *t)
{
    uint64_t table = t->next;

    t->next += 1u << PAGE;
    return table;
}

/* The table that an entry points to; placed at its first use. */
static uint64_t table_of(struct vtd_tables *t, uint64_t entry)
{
    uint64_t *p = u64map_at(&t->placed, entry);

    if (!p)
        return 0;
    if (*p == 0)
        *p = place(t);
    return *p;
}

/* ---- root and context entries [VT-d 9.1 to 9.4] ---------------------------------------------- */

/* A root entry of scalable mode has a table for each half of the bus, in a word of its own. */
static uint64_t root_word(const struct vtd_tables *t, uint32_t sid)
{
    uint64_t half = t->scalable && bits_get(sid, 7, 7);

    return t->root + 16 * (uint64_t)bits_get(sid, 15, 8) + 8 * half;
}

static int set_root(struct vtd_tables *t, uint32_t sid, uint64_t word)
{
    uint64_t root[2] = { word };
    struct import_note note = { .kind = NOTE_L1STD, .sid = sid, .at = root_word(t, sid) };

    return set_words(t, note, t->scalable ? 1 : 2, root);
}

int vtd_tables_no_root(struct vtd_tables *t, uint32_t sid)
{
    return t->root ? set_root(t, sid, 0) : 0;
}

static uint64_t context_at(const struct vtd_tables *t, uint64_t table, uint32_t sid)
{
    return t->scalable ? vtd_scontext_at(table, bits_get(sid, 7, 0)) : table + 16 * (uint64_t)bits_get(sid, 7, 0);
}

int vtd_tables_context(struct vtd_tables *t, uint32_t sid, const struct vtd_logged *c)
{
    struct import_note note = { .kind = NOTE_STE, .sid = sid };
    uint64_t table, entry[VTD_SCTX_WORDS] = { 0 };
    int rc;

    if (!t->root)
        return 0;
    table = table_of(t, root_word(t, sid));
    if (!table)
        return no_memory(t);
    rc = set_root(t, sid, table | PRESENT);
    if (rc)
        return rc;
    if (c) {
        entry[0] = c->lo;
        entry[1] = c->hi;
        check_address(t, vtd_logged_root(c));
    }
    note.at = context_at(t, table, sid);
    return set_words(t, note, t->scalable ? VTD_SCTX_WORDS : VTD_CTX_WORDS, entry);
}

/* ---- PASID entries [VT-d 9.5, 9.6] ----------------------------------------------------------- */

static uint32_t pasid_of(const struct vtd_logged *c)
{
    return (uint32_t)bits_get(c->hi, SCTX_RID_PASID_HI, SCTX_RID_PASID_LO);
}

static uint64_t directory_at(const struct vtd_logged *c)
{
    return vtd_dir_at(vtd_logged_root(c), pasid_of(c));
}

/* Where the PASID's entry is, by what memory holds; 0: no table. */
static uint64_t pasid_at(const struct vtd_tables *t, const struct vtd_logged *c)
{
    uint64_t dir = word_at(t, directory_at(c));

    return dir & PRESENT ? vtd_pasid_at(FIELD_ADDR(PDE, SMPTBLPTR, &dir), pasid_of(c)) : 0;
}

static uint64_t *domain_table(struct vtd_tables *t, enum vtd_pgtt pgtt, uint16_t did, uint64_t *table)
{
    uint64_t *p = u64map_at(&t->placed, DOMAIN_KEY | (uint64_t)pgtt << 16 | did);

    if (p && *p == 0)
        *p = place(t);
    if (p)
        *table = *p;
    return p;
}

static void encode_pasid(const struct vtd_tables *t, enum vtd_pgtt pgtt, uint16_t did, uint64_t table, uint64_t *w)
{
    unsigned levels = t->narrow ? 3 : 4;
    struct vtd_pasid p = { .pgtt = (uint8_t)pgtt, .did = did, .fs = { .base = table, .levels = 4 },
                           .ss = { .base = table, .levels = (uint8_t)levels } };

    vtd_encode_pasid(&p, w);
    if (pgtt == VTD_PGTT_PT)
        FIELD_SET(PE, AW, w, levels - 2);
}

int vtd_tables_no_directory(struct vtd_tables *t, const struct vtd_logged *c, uint32_t sid)
{
    const uint64_t absent = 0;
    struct import_note note = { .kind = NOTE_CD, .sid = sid, .at = directory_at(c) };

    return set_words(t, note, 1, &absent);
}

int vtd_tables_pasid(struct vtd_tables *t, const struct vtd_logged *c, uint32_t sid, enum vtd_pgtt pgtt, uint16_t did)
{
    struct import_note note = { .kind = NOTE_CD, .sid = sid, .at = directory_at(c) };
    uint64_t dir, entry[VTD_PE_WORDS] = { 0 }, table = table_of(t, note.at), top = 0;
    int rc;

    if (!table || (pgtt != VTD_PGTT_NONE && pgtt != VTD_PGTT_PT && !domain_table(t, pgtt, did, &top)))
        return no_memory(t);
    vtd_encode_dir(table, &dir);
    rc = set_words(t, note, VTD_PDE_WORDS, &dir);
    if (rc)
        return rc;
    if (pgtt != VTD_PGTT_NONE)
        encode_pasid(t, pgtt, did, top, entry);
    note.at = vtd_pasid_at(table, pasid_of(c));
    return set_words(t, note, VTD_PE_WORDS, entry);
}

enum vtd_pgtt vtd_tables_pgtt(const struct vtd_tables *t, const struct vtd_logged *c, uint16_t *did)
{
    uint64_t at = pasid_at(t, c), w = at ? word_at(t, at) : 0, domain = at ? word_at(t, at + 8) : 0;

    if (!(w & PRESENT))
        return VTD_PGTT_NONE;
    *did = (uint16_t)bits_get(domain, PE_DID_HI, PE_DID_LO);
    return (enum vtd_pgtt)FIELD_GET(PE, PGTT, &w);
}

/* ---- page tables [VT-d 9.7, 9.8] ------------------------------------------------------------- */

static bool scalable_space(struct vtd_tables *t, const struct vtd_logged *c, struct vtd_space *s)
{
    uint16_t did = 0;
    enum vtd_pgtt pgtt = vtd_tables_pgtt(t, c, &did);

    if (pgtt != VTD_PGTT_FS && pgtt != VTD_PGTT_SS)
        return false;
    *s = (struct vtd_space){ .stage = pgtt == VTD_PGTT_FS ? 1 : 2, .levels = pgtt == VTD_PGTT_SS && t->narrow ? 3 : 4 };
    return domain_table(t, pgtt, did, &s->root);
}

bool vtd_tables_space(struct vtd_tables *t, const struct vtd_logged *c, struct vtd_space *s)
{
    if (t->scalable)
        return scalable_space(t, c, s);
    *s = (struct vtd_space){ .root = vtd_logged_root(c), .levels = (uint8_t)vtd_logged_levels(c), .stage = 2 };
    return s->levels <= VTD_LEVELS_MAX;
}

static unsigned shift_of(unsigned level)
{
    return PAGE + STRIDE * (level - 1);
}

static uint64_t entry_of(uint64_t table, uint64_t iova, unsigned level)
{
    return table + 8 * (iova >> shift_of(level) & bits_low(STRIDE));
}

static struct import_note note_of(uint32_t sid, const struct vtd_space *s, uint64_t iova,
                                  unsigned level, uint64_t at)
{
    return (struct import_note){ .stage = s->stage, .level = (uint8_t)level, .sid = sid, .at = at,
                                 .iova = bits_align_down(iova, shift_of(level)),
                                 .bytes = 1ull << shift_of(level), .root = s->root };
}

int vtd_tables_leaf(struct vtd_tables *t, uint32_t sid, const struct vtd_space *s, uint64_t iova,
                    unsigned level, uint64_t entry)
{
    uint64_t table = s->root, at, next;
    struct import_note note;
    int rc;

    for (unsigned l = s->levels; l > level; l--) {
        at = entry_of(table, iova, l);
        table = table_of(t, at);
        if (!table)
            return no_memory(t);
        next = table | grants(s->stage);
        note = note_of(sid, s, iova, l, at);
        note.kind = NOTE_TABLE;
        rc = set_words(t, note, 1, &next);
        if (rc)
            return rc;
    }
    check_address(t, entry & ENTRY_ADDR);
    note = note_of(sid, s, iova, level, entry_of(table, iova, level));
    note.kind = NOTE_LEAF;
    return set_words(t, note, 1, &entry);
}

/* The bits of an entry, at every level, without which the access has this end. */
static uint64_t needed(unsigned stage, uint64_t reason)
{
    switch (reason) {
    case VTD_SGN_2:
        return FIELD_MASK(FSPTE, P) | FIELD_MASK(FSPTE, US);
    case VTD_SGN_6:
        return stage == 1 ? FIELD_MASK(FSPTE, P) | FIELD_MASK(FSPTE, US) | FIELD_MASK(FSPTE, RW)
                          : FIELD_MASK(SSPTE, W);
    case VTD_LGN_2:
        return FIELD_MASK(SSPTE, W);
    case VTD_SFS_2:
        return FIELD_MASK(FSPTE, P);
    default:
        return FIELD_MASK(SSPTE, R);
    }
}

/* An entry that denies for this reason and no other; what it held is kept if it does. */
static uint64_t denying(unsigned stage, uint64_t value, uint64_t reason)
{
    uint64_t need = needed(stage, reason);

    if (reason == VTD_SGN_2)
        return (value | FIELD_MASK(FSPTE, P)) & ~FIELD_MASK(FSPTE, US);
    if (reason == VTD_SGN_6 && stage == 1)
        return (value | need) & ~FIELD_MASK(FSPTE, RW);
    return (value & need) == need ? 0 : value;
}

/* Goes down the known words.  An entry that would permit the access contradicts the fault: it has
 * changed since it was seen. */
int vtd_tables_denied(struct vtd_tables *t, uint32_t sid, const struct vtd_space *s, uint64_t iova,
                      uint64_t reason)
{
    uint64_t table = s->root, need = needed(s->stage, reason);

    for (unsigned l = s->levels; l > 0; l--) {
        uint64_t at = entry_of(table, iova, l), value = word_at(t, at), now = denying(s->stage, value, reason);
        struct import_note note = note_of(sid, s, iova, l, at);
        if ((value & need) == need && l > 1 && !(value & ENTRY_PS)) {
            table = value & ENTRY_ADDR;
            continue;
        }
        if (l > 1 && value == 0 && now == 0) /* no table below is known: nothing to say of a leaf */
            return 0;
        note.kind = NOTE_INVALID;
        return set_words(t, note, 1, &now);
    }
    return 0;
}
