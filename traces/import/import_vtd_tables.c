/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import_vtd_tables.h"

#include "base/bits.h"
#include "base/sim.h"

enum { PAGE = 12, STRIDE = 9 };
#define ENTRY_R    1ull                          /* [VT-d 9.8] R, W of a second-stage entry    */
#define ENTRY_W    2ull
#define ENTRY_RW   (ENTRY_R | ENTRY_W)
#define ENTRY_PS   (1ull << 7)
#define ENTRY_ADDR 0x000ffffffffff000ull
#define PRESENT    1ull                          /* [VT-d 9.1, 9.3] of root and context entries */

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
    case NOTE_TABLE:
        return "upper page-table entries (R=W=1), tables placed by the importer";
    case NOTE_LEAF:
        return "leaf entries, values as logged";
    default:
        return "leaf entries cleared, as a fault proves";
    }
}

/* One or two words.  What memory holds already is not written again: a leaf is then reported as
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

/* The table that an entry points to; placed at its first use. */
static uint64_t table_of(struct vtd_tables *t, uint64_t entry)
{
    uint64_t *p = u64map_at(&t->placed, entry);

    if (!p)
        return 0;
    if (*p == 0) {
        *p = t->next;
        t->next += 1u << PAGE;
    }
    return *p;
}

/* ---- root and context entries [VT-d 9.1, 9.3] ------------------------------------------------ */

static uint64_t root_entry(const struct vtd_tables *t, uint32_t sid)
{
    return t->root + 16 * (uint64_t)bits_get(sid, 15, 8);
}

int vtd_tables_no_root(struct vtd_tables *t, uint32_t sid)
{
    static const uint64_t absent[2];
    struct import_note note = { .kind = NOTE_L1STD, .sid = sid, .at = root_entry(t, sid) };

    return t->root ? set_words(t, note, 2, absent) : 0;
}

int vtd_tables_context(struct vtd_tables *t, uint32_t sid, const struct vtd_context *c)
{
    struct import_note note = { .kind = NOTE_L1STD, .sid = sid, .at = root_entry(t, sid) };
    uint64_t table, root[2] = { 0 }, entry[2] = { 0 };
    int rc;

    if (!t->root)
        return 0;
    table = table_of(t, note.at);
    if (!table)
        return no_memory(t);
    root[0] = table | PRESENT;
    rc = set_words(t, note, 2, root);
    if (rc)
        return rc;
    if (c) {
        entry[0] = c->lo;
        entry[1] = c->hi;
        check_address(t, vtd_context_root(c));
    }
    note.kind = NOTE_STE;
    note.at = table + 16 * (uint64_t)bits_get(sid, 7, 0);
    return set_words(t, note, 2, entry);
}

/* ---- page tables [VT-d 9.8] ------------------------------------------------------------------ */

static unsigned shift_of(unsigned level)
{
    return PAGE + STRIDE * (level - 1);
}

static uint64_t entry_of(uint64_t table, uint64_t iova, unsigned level)
{
    return table + 8 * (iova >> shift_of(level) & bits_low(STRIDE));
}

static struct import_note note_of(uint32_t sid, const struct vtd_context *c, uint64_t iova,
                                  unsigned level, uint64_t at)
{
    return (struct import_note){ .stage = 2, .level = (uint8_t)level, .sid = sid, .at = at,
                                 .iova = bits_align_down(iova, shift_of(level)),
                                 .bytes = 1ull << shift_of(level), .root = vtd_context_root(c) };
}

int vtd_tables_leaf(struct vtd_tables *t, uint32_t sid, const struct vtd_context *c, uint64_t iova,
                    unsigned level, uint64_t entry)
{
    uint64_t table = vtd_context_root(c), at, next;
    struct import_note note;
    int rc;

    for (unsigned l = vtd_context_levels(c); l > level; l--) {
        at = entry_of(table, iova, l);
        table = table_of(t, at);
        if (!table)
            return no_memory(t);
        next = table | ENTRY_RW;
        note = note_of(sid, c, iova, l, at);
        note.kind = NOTE_TABLE;
        rc = set_words(t, note, 1, &next);
        if (rc)
            return rc;
    }
    check_address(t, entry & ENTRY_ADDR);
    note = note_of(sid, c, iova, level, entry_of(table, iova, level));
    note.kind = NOTE_LEAF;
    return set_words(t, note, 1, &entry);
}

/* Goes down the known words.  An entry that would permit the access contradicts the fault: it has
 * been cleared since it was seen. */
int vtd_tables_denied(struct vtd_tables *t, uint32_t sid, const struct vtd_context *c,
                      uint64_t iova, bool write)
{
    uint64_t table = vtd_context_root(c);

    for (unsigned l = vtd_context_levels(c); l > 0; l--) {
        uint64_t at = entry_of(table, iova, l), value = word_at(t, at);
        struct import_note note = note_of(sid, c, iova, l, at);
        bool allowed = value & (write ? ENTRY_W : ENTRY_R), leaf = l == 1 || (value & ENTRY_PS);
        if (allowed && !leaf) {
            table = value & ENTRY_ADDR;
            continue;
        }
        if (l > 1 && value == 0)             /* no table below is known: nothing to say of a leaf */
            return 0;
        note.kind = NOTE_INVALID;
        if (allowed)
            value = 0;
        return set_words(t, note, 1, &value);
    }
    return 0;
}
