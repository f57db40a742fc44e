/* SPDX-License-Identifier: Apache-2.0
 *
 * VT-d first-stage walk, entry by entry: who may do what, in which order it is judged, which bits are
 * reserved, and when accessed and dirty bits have to be set.
 */
#include "arch/table/vtdfs.h"
#include "arch/xlate.h"
#include "base/sim.h"
#include "suite.h"

enum { P = 1, RW = 2, US = 4, A = 32, D = 64, PS = 128, EA = 1024 };
#define XD    (1ull << 63)
#define ALL   (P | RW | US | A)          /* an entry that allows everything */
#define INPUT 0x0000123456789abcull

static const struct vtdfs_table plain = { .base = 0x1000, .levels = 4, .haw = 46, .page_1g = true,
                                          .snooped = true };
static const struct vtdfs_access user_read, user_write = { .write = true },
    super_read = { .super = true }, super_write = { .write = true, .super = true };

/* Tells the same permissions at every level, with a table or a page behind them: 0x1000 * level. */
static void tell_all(struct vtdfs_walk *w, uint64_t entry)
{
    while (!w->done && !w->update)
        vtdfs_tell(w, entry | 0x1000ull * w->level);
}

static struct vtdfs_walk walked(const struct vtdfs_table *t, struct vtdfs_access a, uint64_t entry)
{
    struct vtdfs_walk w;

    vtdfs_begin(&w, t, INPUT, a, NULL);
    tell_all(&w, entry);
    return w;
}

/* The walk down to `level`, and what it says of `entry` there. */
static struct vtdfs_walk told_at(const struct vtdfs_table *t, struct vtdfs_access a, unsigned level,
                                 uint64_t entry)
{
    struct vtdfs_walk w;

    vtdfs_begin(&w, t, INPUT, a, NULL);
    while (w.level > level)
        vtdfs_tell(&w, ALL | EA | 0x1000ull * w.level);
    vtdfs_tell(&w, entry);
    return w;
}

static void a_walk_asks_for_nine_bits_of_the_input_per_level(void)
{
    struct vtdfs_table five = plain;
    struct vtdfs_walk w;

    five.levels = 5;
    vtdfs_begin(&w, &five, 0x00f1234567891abc, user_read, NULL);
    CHECK_EQ(w.pa, 0x1000 + (0x00f1234567891abcull >> 48 & 511) * 8);
    for (unsigned level = 4; level; level--) {
        vtdfs_tell(&w, ALL | 0x7000);
        CHECK_EQ(w.level, level);
        CHECK_EQ(w.pa, 0x7000 + (0x00f1234567891abcull >> (12 + 9 * (level - 1)) & 511) * 8);
    }
    vtdfs_tell(&w, ALL | 0x5000);
    CU_ASSERT(w.done);
    CHECK_EQ(w.fault, VTDFS_OK);
    CHECK_EQ(w.leaf.in, 0x00f1234567891000);
    CHECK_EQ(w.leaf.out, 0x5000);
    CHECK_EQ(w.leaf.size_log2, 12);
    CHECK_EQ(w.leaf.desc_pa, 0x7000 + 0x91 * 8);
}

static void bits_above_the_top_index_repeat_its_highest_bit(void)
{
    static const struct { uint8_t levels; uint64_t in; bool ok; } row[] = {
        { 4, 0x00007fffffffffff, true },  { 4, 0x0000800000000000, false },
        { 4, 0xffff800000000000, true },  { 4, 0xffff7fffffffffff, false },
        { 4, 0xfff0800000000000, false }, { 4, 0x7fff800000000000, false },
        { 5, 0x00ffffffffffffff, true },  { 5, 0x0100000000000000, false },
        { 5, 0xff00000000000000, true },  { 5, 0xfeffffffffffffff, false },
        { 5, 0x0000800000000000, true },
    };

    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct vtdfs_table t = plain;
        struct vtdfs_walk w;

        t.levels = row[i].levels;
        vtdfs_begin(&w, &t, row[i].in, user_read, NULL);
        CHECK_EQ(w.done, !row[i].ok);
        CHECK_EQ(w.fault, row[i].ok ? VTDFS_OK : VTDFS_CANONICAL);
    }
}

/* Who may what with these bits in every entry: fault by access. */
static void user_supervisor_wpe_nxe_and_smep_decide_as_in_x86(void)
{
    static const struct vtdfs_access fetch = { .exec = true },
                                     super_fetch = { .exec = true, .super = true };
    static const struct {
        bool wpe, nxe, smep;
        uint64_t entry;
        uint8_t read, write, exec, super_read, super_write, super_exec;
    } row[] = {
        { 0, 0, 0, P | RW | US, 0, 0, 0, 0, 0, 0 },
        { 0, 0, 0, P | US, 0, VTDFS_WRITE, 0, 0, 0, 0 },
        { 1, 0, 0, P | US, 0, VTDFS_WRITE, 0, 0, VTDFS_WRITE, 0 },
        { 0, 0, 0, P | RW, VTDFS_USER, VTDFS_USER, VTDFS_USER, 0, 0, 0 },
        { 1, 0, 0, P, VTDFS_USER, VTDFS_USER, VTDFS_USER, 0, VTDFS_WRITE, 0 },
        { 0, 0, 0, P | RW | US | XD, 0, 0, 0, 0, 0, 0 },
        { 0, 1, 0, P | RW | US | XD, 0, 0, VTDFS_EXEC, 0, 0, VTDFS_EXEC },
        { 0, 0, 1, P | RW | US, 0, 0, 0, 0, 0, VTDFS_EXEC },
        { 0, 0, 1, P | RW, VTDFS_USER, VTDFS_USER, VTDFS_USER, 0, 0, 0 },
    };

    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct vtdfs_table t = plain;
        uint64_t entry = row[i].entry | A;

        t.wpe = row[i].wpe;
        t.nxe = row[i].nxe;
        t.smep = row[i].smep;
        CHECK_EQ(walked(&t, user_read, entry).fault, row[i].read);
        CHECK_EQ(walked(&t, user_write, entry | D).fault, row[i].write);
        CHECK_EQ(walked(&t, fetch, entry).fault, row[i].exec);
        CHECK_EQ(walked(&t, super_read, entry).fault, row[i].super_read);
        CHECK_EQ(walked(&t, super_write, entry | D).fault, row[i].super_write);
        CHECK_EQ(walked(&t, super_fetch, entry).fault, row[i].super_exec);
    }
}

/* What a leaf says it permits is what single accesses are permitted. */
static void the_leaf_tells_every_permission(void)
{
    for (unsigned mode = 0; mode < 8; mode++)
        for (unsigned bits = 0; bits < 8; bits++) {
            uint64_t entry = P | A | D | (bits & 1 ? RW : 0) | (bits & 2 ? US : 0) | (bits & 4 ? XD : 0);
            struct vtdfs_table t = plain;
            uint8_t perm;

            t.wpe = mode & 1;
            t.nxe = mode & 2;
            t.smep = mode & 4;
            perm = walked(&t, super_read, entry).leaf.perm;
            for (unsigned k = 0; k < 6; k++) {
                struct vtdfs_access a = { .write = k % 3 == 1, .exec = k % 3 == 2, .super = k >= 3 };

                CHECK_EQ(walked(&t, a, entry).fault == VTDFS_OK,
                         (perm & xl_need(a.write, a.exec, a.super)) != 0);
            }
        }
}

static void smep_holds_for_pages_that_a_user_reaches_through_every_level(void)
{
    static const struct vtdfs_access super_fetch = { .exec = true, .super = true };
    struct vtdfs_table t = plain;

    t.smep = true;
    CHECK_EQ(told_at(&t, super_fetch, 1, ALL).fault, VTDFS_EXEC);
    CHECK_EQ(told_at(&t, super_fetch, 1, P | RW | A).fault, VTDFS_OK);
}

/* One entry that is wrong in every way is mended fault by fault. */
static void an_entry_is_judged_in_the_order_of_the_manual(void)
{
    static const struct vtdfs_access a = { .write = true, .exec = true };
    const uint64_t reserved = 1ull << 46;
    struct vtdfs_table t = plain;

    t.nxe = true;
    t.snooped = false;
    CHECK_EQ(told_at(&t, a, 3, reserved | XD).fault, VTDFS_ABSENT);
    CHECK_EQ(told_at(&t, a, 3, P | reserved | XD).fault, VTDFS_USER);
    CHECK_EQ(told_at(&t, a, 3, P | US | reserved | XD).fault, VTDFS_WRITE);
    CHECK_EQ(told_at(&t, a, 3, P | US | RW | reserved | XD).fault, VTDFS_EXEC);
    CHECK_EQ(told_at(&t, a, 3, P | US | RW | reserved).fault, VTDFS_RESERVED);
    CHECK_EQ(told_at(&t, a, 3, P | US | RW).fault, VTDFS_NOT_SNOOPED);
    CHECK_EQ(told_at(&t, a, 3, P | US | RW | A).done, false);
}

static void an_access_of_unknown_direction_needs_a_present_entry_and_a_user_his(void)
{
    static const struct vtdfs_access any = { .any = true }, any_super = { .any = true, .super = true };
    struct vtdfs_table t = plain;

    t.wpe = t.nxe = true;
    CHECK_EQ(walked(&t, any, P | US | XD | A).fault, VTDFS_OK);
    CHECK_EQ(walked(&t, any, P | RW | A).fault, VTDFS_USER);
    CHECK_EQ(walked(&t, any_super, P | A).fault, VTDFS_OK);
    CHECK_EQ(walked(&t, any, US | A).fault, VTDFS_ABSENT);
}

static void reserved_are_high_addresses_the_rest_of_large_pages_and_sizes_that_are_not(void)
{
    struct vtdfs_table t = plain;

    CHECK_EQ(told_at(&t, user_read, 1, ALL | PS | 1ull << 45).fault, VTDFS_OK);
    CHECK_EQ(told_at(&t, user_read, 1, ALL | 1ull << 51).fault, VTDFS_RESERVED);
    CHECK_EQ(told_at(&t, user_read, 2, ALL | PS | 1ull << 12).fault, VTDFS_OK);   /* PAT */
    CHECK_EQ(told_at(&t, user_read, 2, ALL | PS | 1ull << 12).leaf.out, 0);
    CHECK_EQ(told_at(&t, user_read, 2, ALL | PS | 1ull << 13).fault, VTDFS_RESERVED);
    CHECK_EQ(told_at(&t, user_read, 2, ALL | PS | 1ull << 20).fault, VTDFS_RESERVED);
    CHECK_EQ(told_at(&t, user_read, 2, ALL | PS | 1ull << 21).fault, VTDFS_OK);
    CHECK_EQ(told_at(&t, user_read, 3, ALL | PS | 1ull << 29).fault, VTDFS_RESERVED);
    CHECK_EQ(told_at(&t, user_read, 3, ALL | PS | 1ull << 30).leaf.size_log2, 30);
    CHECK_EQ(told_at(&t, user_read, 4, ALL | PS).fault, VTDFS_RESERVED);
    t.page_1g = false;
    CHECK_EQ(told_at(&t, user_read, 3, ALL | PS).fault, VTDFS_RESERVED);
    t.haw = 52;                                          /* nested: the second stage says what is out */
    CHECK_EQ(told_at(&t, user_read, 1, ALL | 1ull << 51).fault, VTDFS_OK);
    CHECK_EQ(told_at(&t, user_read, 2, ALL | 0x7ffull << 52).done, false);        /* ignored */
}

static void a_failed_read_of_the_top_table_is_told_apart(void)
{
    struct vtdfs_walk w;

    vtdfs_begin(&w, &plain, INPUT, user_read, NULL);
    vtdfs_tell_abort(&w);
    CHECK_EQ(w.fault, VTDFS_EABT_TOP);
    vtdfs_begin(&w, &plain, INPUT, user_read, NULL);
    vtdfs_tell(&w, ALL);
    vtdfs_tell_abort(&w);
    CHECK_EQ(w.fault, VTDFS_EABT);
    CHECK_EQ(w.level, 3);
}

/* ---- accessed and dirty bits ---------------------------------------------------------------- */

static void an_entry_without_a_stops_the_walk_until_it_is_updated(void)
{
    struct vtdfs_walk w;
    uint64_t pa;

    vtdfs_begin(&w, &plain, INPUT, user_read, NULL);
    vtdfs_tell(&w, P | RW | US | 0x9000);
    CHECK_EQ(w.update, ALL | 0x9000);
    CHECK_EQ(w.desc, P | RW | US | 0x9000);
    CU_ASSERT(vtdfs_ask(&w, &pa));
    CHECK_EQ(pa, 0x1000 + (INPUT >> 39) * 8);
    vtdfs_updated(&w);
    CHECK_EQ(w.update, 0);
    CHECK_EQ(w.level, 3);
    CHECK_EQ(w.table, 0x9000);
}

/* Memory held another word when the update was tried: that word counts, the first does not. */
static void an_entry_told_again_is_judged_again(void)
{
    struct vtdfs_walk w;

    vtdfs_begin(&w, &plain, INPUT, user_write, NULL);
    vtdfs_tell(&w, P | RW | US | 0x9000);
    vtdfs_tell(&w, P | US | 0x9000);
    CHECK_EQ(w.fault, VTDFS_WRITE);
    vtdfs_begin(&w, &plain, INPUT, super_write, NULL);
    vtdfs_tell(&w, P | XD | 0x9000);                      /* neither writable nor for users */
    vtdfs_tell(&w, ALL | 0xa000);
    CHECK_EQ(w.table, 0xa000);
    CHECK_EQ(w.rights, VTDFS_WRITABLE | VTDFS_USER_TOO);
    vtdfs_begin(&w, &plain, INPUT, user_read, NULL);
    vtdfs_tell(&w, P | US);
    vtdfs_tell_abort(&w);
    CHECK_EQ(w.update, 0);
    CHECK_EQ(w.fault, VTDFS_EABT_TOP);
}

/* Bits that the last entry gets. */
static uint64_t set_in_leaf(const struct vtdfs_table *t, struct vtdfs_access a, uint64_t entry)
{
    struct vtdfs_walk w = told_at(t, a, 1, entry);

    return w.update ? w.update & ~w.desc : 0;
}

static void d_is_set_by_a_write_and_by_the_wish_in_a_writable_leaf(void)
{
    static const struct vtdfs_access wish = { .dirty = true }, any_wish = { .any = true, .dirty = true },
                                     super_wish = { .super = true, .dirty = true };
    struct vtdfs_table t = plain;

    CHECK_EQ(set_in_leaf(&t, user_read, ALL), 0);
    CHECK_EQ(set_in_leaf(&t, user_read, P | RW | US), A);
    CHECK_EQ(set_in_leaf(&t, user_write, ALL), D);
    CHECK_EQ(set_in_leaf(&t, user_write, P | RW | US), A | D);
    CHECK_EQ(set_in_leaf(&t, wish, ALL), D);
    CHECK_EQ(set_in_leaf(&t, wish, P | US | A), 0);
    CHECK_EQ(set_in_leaf(&t, any_wish, ALL), D);
    CHECK_EQ(set_in_leaf(&t, super_wish, P | A), D);      /* writable for it: WPE = 0 */
    t.wpe = true;
    CHECK_EQ(set_in_leaf(&t, super_wish, P | A), 0);
    CHECK_EQ(told_at(&t, user_write, 2, ALL).update, 0);  /* never above the leaf */
}

static void a_leaf_tells_d_as_it_is_after_the_walk(void)
{
    struct vtdfs_walk w = told_at(&plain, user_write, 1, ALL | 0x5000);

    vtdfs_updated(&w);
    CU_ASSERT(w.done);
    CU_ASSERT(w.leaf.dirty);
    CHECK_EQ(w.leaf.desc, ALL | D | 0x5000);
    CU_ASSERT_FALSE(told_at(&plain, user_read, 1, ALL).leaf.dirty);
}

static void ea_is_set_beside_a_where_it_is_enabled(void)
{
    struct vtdfs_table t = plain;

    CHECK_EQ(set_in_leaf(&t, user_read, ALL), 0);
    t.eafe = true;
    CHECK_EQ(set_in_leaf(&t, user_read, ALL), EA);
    CHECK_EQ(set_in_leaf(&t, user_read, P | US), A | EA);
    t.snooped = false;
    CHECK_EQ(told_at(&t, user_read, 1, ALL).fault, VTDFS_NOT_SNOOPED);
    CHECK_EQ(told_at(&t, user_read, 1, ALL | EA).fault, VTDFS_OK);
}

/* ---- seeds and encoder ---------------------------------------------------------------------- */

static void a_seed_goes_on_below_its_entry_and_denies_at_once_what_it_denied(void)
{
    const struct vtdfs_seed read_only = { .table = 0x3000, .level = 1, .rights = VTDFS_USER_TOO };
    struct vtdfs_walk w;

    vtdfs_begin(&w, &plain, 0x5000, user_read, &read_only);
    CU_ASSERT_FALSE(w.done);
    CHECK_EQ(w.pa, 0x3000 + 5 * 8);
    vtdfs_tell(&w, ALL | 0x9000);
    CHECK_EQ(w.leaf.perm, XL_R | XL_X | XL_PR | XL_PW | XL_PX);
    vtdfs_begin(&w, &plain, 0x5000, user_write, &read_only);
    CU_ASSERT(w.done);
    CHECK_EQ(w.fault, VTDFS_WRITE);
}

struct ram { uint64_t word[0x10000 / 8], next; };

static uint64_t ram_read(void *arg, uint64_t pa) { return ((struct ram *)arg)->word[pa / 8]; }

static int ram_write(void *arg, uint64_t pa, uint64_t value)
{
    ((struct ram *)arg)->word[pa / 8] = value;
    return 0;
}

static uint64_t ram_alloc(void *arg, unsigned bytes_log2)
{
    struct ram *r = arg;
    uint64_t pa = r->next;

    r->next += 1ull << bytes_log2;
    return pa < sizeof r->word ? pa : 0;
}

static struct vtdfs_walk find(struct ram *r, uint64_t in, struct vtdfs_access a)
{
    struct vtdfs_walk w;
    uint64_t pa;

    vtdfs_begin(&w, &plain, in, a, NULL);
    while (vtdfs_ask(&w, &pa) && !w.update)
        vtdfs_tell(&w, ram_read(r, pa));
    return w;
}

static void what_is_mapped_is_found_without_an_update_and_goes_when_unmapped(void)
{
    static struct ram r;
    const struct table_io io = { ram_read, ram_write, ram_alloc, &r };
    const uint64_t high = 0xffff800000000000;
    unsigned size_log2;

    r.next = 0x2000;
    CHECK_EQ(vtdfs_map_run(&plain, &io, 0x7000, 0x11000, 1, vtdfs_attr(true, true, true), 3), 0);
    CHECK_EQ(vtdfs_map(&plain, &io, high, 0x600000, 2, vtdfs_attr(true, false, false)), 0);
    CHECK_EQ(find(&r, 0x9123, user_write).leaf.out, 0x13000);
    CHECK_EQ(find(&r, 0xa000, user_write).fault, VTDFS_ABSENT);
    CHECK_EQ(find(&r, high + 0x1fffff, super_read).leaf.out, 0x600000);
    CHECK_EQ(find(&r, high + 0x1fffff, super_read).leaf.in, high);
    CHECK_EQ(find(&r, high, user_read).fault, VTDFS_USER);
    CHECK_EQ(vtdfs_unmap(&plain, &io, high + 0x5000, &size_log2), 0);
    CHECK_EQ(size_log2, 21);
    CHECK_EQ(find(&r, high, super_read).fault, VTDFS_ABSENT);
    CHECK_EQ(vtdfs_unmap(&plain, &io, high, &size_log2), 0);
    CHECK_EQ(size_log2, 0);
    CHECK_EQ(vtdfs_unmap(&plain, &io, 1ull << 50, &size_log2), 0);
    CHECK_EQ(size_log2, 0);
    CHECK_EQ(vtdfs_map(&plain, &io, 1ull << 50, 0, 1, 0), (uint64_t)(int64_t)SIM_EINPUT);
    CHECK_EQ(vtdfs_attr(false, false, true) & P, 0);
    r.next = sizeof r.word;
    CHECK_EQ(vtdfs_map(&plain, &io, 1ull << 40, 0, 1, 0), (uint64_t)(int64_t)SIM_EENV);
}

#define TESTS(T)                                                                                   \
    T(a_walk_asks_for_nine_bits_of_the_input_per_level)                                            \
    T(bits_above_the_top_index_repeat_its_highest_bit)                                             \
    T(user_supervisor_wpe_nxe_and_smep_decide_as_in_x86) T(the_leaf_tells_every_permission)        \
    T(smep_holds_for_pages_that_a_user_reaches_through_every_level)                                \
    T(an_entry_is_judged_in_the_order_of_the_manual)                                               \
    T(an_access_of_unknown_direction_needs_a_present_entry_and_a_user_his)                         \
    T(reserved_are_high_addresses_the_rest_of_large_pages_and_sizes_that_are_not)                  \
    T(a_failed_read_of_the_top_table_is_told_apart)                                                \
    T(an_entry_without_a_stops_the_walk_until_it_is_updated) T(an_entry_told_again_is_judged_again) \
    T(d_is_set_by_a_write_and_by_the_wish_in_a_writable_leaf) T(a_leaf_tells_d_as_it_is_after_the_walk) \
    T(ea_is_set_beside_a_where_it_is_enabled)                                                      \
    T(a_seed_goes_on_below_its_entry_and_denies_at_once_what_it_denied)                            \
    T(what_is_mapped_is_found_without_an_update_and_goes_when_unmapped)
TEST_SUITE("vtdfs", TESTS)
