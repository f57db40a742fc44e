/* SPDX-License-Identifier: Apache-2.0
 *
 * The walks of the machine: the second stage alone, the first alone, or the first whose every address, that of each
 * table and that of the output, goes through the second.  [VT-d 3.6 to 3.8; fact sheet 4.4]
 */
#include "arch/vtd/translate_impl.h"

#include "base/sim.h"

static bool nested(const struct vtd_xl *m) { return m->pgtt == VTD_PGTT_NESTED; }

/* ---- the end of it -------------------------------------------------------------------------- */

static uint8_t first_perm(const struct vtd_xl *m)
{
    return m->pe.sre ? m->w1.leaf.perm : m->w1.leaf.perm & (XL_R | XL_W | XL_X);
}

/* Could the first stage's entry become dirty, so that a write has to walk? */
static bool first_clean(const struct vtd_xl *m)
{
    return !m->w1.leaf.dirty && m->w1.leaf.perm & (XL_W | XL_PW);
}

static void end_with_first(struct vtd_xl *m)
{
    const struct vtdfs_leaf *l = &m->w1.leaf;

    m->leaf = (struct xl_leaf){
        .iova = l->in, .pa = l->out, .size_log2 = l->size_log2, .perm1 = first_perm(m), .perm2 = XL_ALL,
        .level = l->level, .granule_log2 = 12, .stage1 = true, .dirty1 = first_clean(m),
    };
    m->has_leaf = m->walked = true;
    vtd_xl_end_with_leaf(m);
}

/* `second` is what the second stage says of the output's page. */
static void end_with_both(struct vtd_xl *m, const struct xl_leaf *second)
{
    const struct vtdfs_leaf *l = &m->w1.leaf;
    unsigned size = l->size_log2 < second->size_log2 ? l->size_log2 : second->size_log2;
    uint64_t in = bits_align_down(m->req.addr, size), gpa = l->out | (in & bits_low(l->size_log2));

    m->leaf = (struct xl_leaf){
        .iova = in, .ipa = gpa, .pa = second->pa | (gpa & bits_low(second->size_log2)),
        .size_log2 = (uint8_t)size, .perm1 = first_perm(m), .perm2 = second->perm2,
        .level = size == l->size_log2 ? l->level : second->level, .granule_log2 = 12,
        .block_log2 = size < l->size_log2 ? l->size_log2 : 0, .stage1 = true, .stage2 = true,
        .dirty1 = first_clean(m), .dirty2 = second->dirty2,
    };
    m->has_leaf = m->walked = true;
    vtd_xl_end_with_leaf(m);
}

/* ---- questions ------------------------------------------------------------------------------ */

void vtd_xl_ask_seed(struct vtd_xl *m, unsigned stage, uint64_t in)
{
    m->q = (struct vtd_q){ .kind = VTD_Q_SEED, .stage = (uint8_t)stage, .did_known = true, .did = m->did,
                           .pasid = m->pasid, .pgtt = m->pgtt, .in = in };
}

static void ask_entry(struct vtd_xl *m, enum vtd_q_kind kind, unsigned level, uint64_t pa, uint64_t in)
{
    m->q = (struct vtd_q){ .kind = (uint8_t)kind, .words = 1, .level = (uint8_t)level, .did_known = true,
                           .did = m->did, .pasid = m->pasid, .pgtt = m->pgtt, .pa = pa, .in = in };
}

static void ask_update(struct vtd_xl *m, unsigned stage, unsigned level, uint64_t pa, uint64_t old, uint64_t value)
{
    m->q = (struct vtd_q){ .kind = VTD_Q_UPDATE, .words = 1, .stage = (uint8_t)stage, .level = (uint8_t)level,
                           .did_known = true, .did = m->did, .pasid = m->pasid, .pgtt = m->pgtt, .pa = pa,
                           .old = old, .value = value };
}

/* ---- second stage --------------------------------------------------------------------------- */

/* A table of the first stage that the second does not let read, or write.  [fact sheet 5.3] */
static enum vtd_reason_code table_reason(const struct vtd_xl *m, enum vtdss_fault fault)
{
    switch (fault) {
    case VTDSS_RANGE: return VTD_SFS_5;
    case VTDSS_READ:  return m->w1.level == m->pe.fs.levels ? VTD_SFS_6 : VTD_SFS_7;
    case VTDSS_WRITE: return VTD_SFS_8;
    default:          return vtd_xl_ss_reason(m, fault, VTDSS_R);
    }
}

static void second_failed(struct vtd_xl *m, enum vtdss_fault fault)
{
    if (m->after == VTD_XL_AFTER_OUTPUT)
        vtd_xl_fault(m, vtd_xl_ss_reason(m, fault, m->w2.need));
    else
        vtd_xl_fault(m, table_reason(m, fault));
}

/* The first stage's next table has been found: a cache may keep where. */
static void keep_table(struct vtd_xl *m)
{
    if (m->w1.level == m->pe.fs.levels)
        return;
    m->seed = (struct vtd_seed){ .table = m->w1.table, .host = bits_align_down(m->host, 12), .level = m->w1.level,
                                 .rights = m->w1.rights, .host_perm = m->host_perm, .host_dirty = m->host_dirty };
    m->seed_stage = 1;
    m->seed_in = m->req.addr;
    m->got |= VTD_GOT_TABLE;
}

static void ask_first_update(struct vtd_xl *m)
{
    ask_update(m, 1, m->w1.level, m->host, m->w1.desc, m->w1.update);
}

static void second_done(struct vtd_xl *m, const struct xl_leaf *l)
{
    if (m->pgtt == VTD_PGTT_SS) {
        m->leaf = *l;
        m->has_leaf = m->walked = true;
        vtd_xl_end_with_leaf(m);
        return;
    }
    if (m->after == VTD_XL_AFTER_OUTPUT) {
        end_with_both(m, l);
        return;
    }
    m->host = l->pa | (m->w1.pa & bits_low(l->size_log2));
    m->host_perm = l->perm2;
    m->host_dirty = !l->dirty2;
    if (m->after == VTD_XL_AFTER_UPDATE) {
        ask_first_update(m);
    } else {
        keep_table(m);
        ask_entry(m, VTD_Q_FS, m->w1.level, m->host, m->req.addr);
    }
}

static void second_walked(struct vtd_xl *m)
{
    const struct vtdss_leaf *l = &m->w2.leaf;

    m->res.level = m->w2.level;
    if (m->w2.fault == VTDSS_ABSENT && m->pgtt == VTD_PGTT_SS && m->impl->keep_absent) {
        m->leaf = (struct xl_leaf){ .iova = bits_align_down(m->req.addr, 12), .size_log2 = 12, .perm1 = XL_ALL,
                                    .level = m->w2.level, .granule_log2 = 12, .stage2 = true };
        m->absent = true;
    }
    if (m->w2.fault != VTDSS_OK) {
        second_failed(m, (enum vtdss_fault)m->w2.fault);
        return;
    }
    m->gpa_leaf = (struct xl_leaf){
        .iova = l->in, .pa = l->out, .size_log2 = l->size_log2, .perm1 = XL_ALL, .perm2 = l->perm,
        .level = l->level, .granule_log2 = 12, .stage2 = true,
        .dirty2 = m->pe.ss.ad && !l->dirty && l->perm & VTDSS_W,
    };
    if (nested(m))
        m->got |= VTD_GOT_GPA;
    second_done(m, &m->gpa_leaf);
}

static void second_step(struct vtd_xl *m)
{
    if (m->w2.done)
        second_walked(m);
    else if (m->w2.update)
        ask_update(m, 2, m->w2.level, m->w2.pa, m->w2.desc, m->w2.update);
    else
        ask_entry(m, VTD_Q_SS, m->w2.level, m->w2.pa, m->w2.in);
}

/* The machine has said what it wants of the second stage in m->w2. */
static void second_from(struct vtd_xl *m, const struct vtd_seed *s)
{
    struct vtdss_seed seed;
    bool dirty = m->w2.dirty;

    if (s)
        seed = (struct vtdss_seed){ .table = s->table, .level = s->level, .perm = s->rights };
    vtdss_begin(&m->w2, &m->pe.ss, m->w2.in, m->w2.need, s ? &seed : NULL);
    m->w2.dirty = dirty;
    second_step(m);
}

static void want_second(struct vtd_xl *m, uint64_t in, uint8_t need, bool dirty)
{
    m->w2.in = in;
    m->w2.need = need;
    m->w2.dirty = dirty;
}

/* Nested: what it is asked of a guest-physical address. */
static void ask_gpa(struct vtd_xl *m, enum vtd_xl_after after, uint64_t gpa, uint8_t need, bool dirty)
{
    m->after = (uint8_t)after;
    if (gpa & ~bits_low(m->pe.ss.in_bits)) {
        want_second(m, gpa, need, dirty);
        second_failed(m, VTDSS_RANGE);
        return;
    }
    want_second(m, gpa, need, dirty);
    m->q = (struct vtd_q){ .kind = VTD_Q_GPA, .did_known = true, .did = m->did, .pasid = m->pasid, .pgtt = m->pgtt,
                           .in = gpa };
}

void vtd_xl_no_gpa(struct vtd_xl *m)
{
    vtd_xl_ask_seed(m, 2, m->w2.in);
}

void vtd_xl_tell_gpa(struct vtd_xl *m, const struct xl_leaf *l)
{
    uint8_t lacking = m->w2.need & (uint8_t)~l->perm2;

    vtd_xl_expect(m, VTD_Q_GPA);
    m->got = 0;
    m->res.level = l->level;
    if (lacking)
        second_failed(m, lacking & VTDSS_W ? VTDSS_WRITE : VTDSS_READ);
    else
        second_done(m, l);
}

void vtd_xl_take_ss(struct vtd_xl *m, const uint64_t *words)
{
    uint8_t level = m->w2.level;

    if (words)
        vtdss_tell(&m->w2, *words);
    else
        vtdss_tell_abort(&m->w2);
    if (!m->w2.done && m->w2.level < level) {
        m->seed = (struct vtd_seed){ .table = m->w2.table, .host = m->w2.table, .level = m->w2.level,
                                     .rights = m->w2.perm };
        m->seed_stage = 2;
        m->seed_in = m->w2.in;
        m->got = VTD_GOT_TABLE;
    }
    second_step(m);
}

/* ---- first stage ---------------------------------------------------------------------------- */

static enum vtd_reason_code first_reason(enum vtdfs_fault fault)
{
    static const uint8_t reason[] = {
        [VTDFS_OK] = VTD_NO_FAULT, [VTDFS_CANONICAL] = VTD_SGN_1, [VTDFS_EABT_TOP] = VTD_SFS_4,
        [VTDFS_EABT] = VTD_SFS_1, [VTDFS_ABSENT] = VTD_SFS_2, [VTDFS_USER] = VTD_SGN_2, [VTDFS_WRITE] = VTD_SGN_6,
        [VTDFS_EXEC] = VTD_SGN_3, [VTDFS_RESERVED] = VTD_SFS_3, [VTDFS_NOT_SNOOPED] = VTD_SFS_9,
    };

    return (enum vtd_reason_code)reason[fault];
}

static void first_walked(struct vtd_xl *m)
{
    const struct vtdfs_leaf *l = &m->w1.leaf;
    bool writable = l->perm & (m->super ? XL_PW : XL_W);

    m->res.level = m->w1.level;
    if (m->w1.fault != VTDFS_OK)
        vtd_xl_fault(m, first_reason((enum vtdfs_fault)m->w1.fault));
    else if (nested(m))
        ask_gpa(m, VTD_XL_AFTER_OUTPUT, l->out | (m->req.addr & bits_low(l->size_log2)), vtd_xl_needed(&m->req),
                vtd_xl_grants_write(m) && writable);
    else
        end_with_first(m);
}

/* The second stage has to let the update of a table in, and keep its own dirty bit of that page. */
static void first_update(struct vtd_xl *m)
{
    if (nested(m) && !(m->host_perm & VTDSS_W))
        vtd_xl_fault(m, VTD_SFS_8);
    else if (nested(m) && !m->host_dirty)
        ask_gpa(m, VTD_XL_AFTER_UPDATE, m->w1.pa, VTDSS_R | VTDSS_W, true);
    else
        ask_first_update(m);
}

static void first_step(struct vtd_xl *m)
{
    if (m->w1.done) {
        first_walked(m);
    } else if (m->w1.update) {
        first_update(m);
    } else if (nested(m)) {
        ask_gpa(m, VTD_XL_AFTER_TABLE, m->w1.pa, VTDSS_R, false);
    } else {
        m->host = m->w1.pa;
        keep_table(m);
        ask_entry(m, VTD_Q_FS, m->w1.level, m->w1.pa, m->req.addr);
    }
}

static void first_from(struct vtd_xl *m, const struct vtd_seed *s)
{
    struct vtdfs_access a = { .write = vtd_xl_needed(&m->req) & VTDSS_W, .exec = vtd_xl_executes(m),
                              .super = m->super, .any = !vtd_xl_needed(&m->req), .dirty = vtd_xl_grants_write(m) };
    struct vtdfs_seed seed;

    if (s)
        seed = (struct vtdfs_seed){ .table = s->table, .level = s->level, .rights = s->rights };
    vtdfs_begin(&m->w1, &m->pe.fs, m->req.addr, a, s ? &seed : NULL);
    m->host_perm = VTDSS_R | VTDSS_W;                /* not nested */
    m->host_dirty = true;
    if (s && !m->w1.done) {
        m->host = s->host | (m->w1.pa & bits_low(12));
        m->host_perm = s->host_perm;
        m->host_dirty = s->host_dirty;
        ask_entry(m, VTD_Q_FS, m->w1.level, m->host, m->req.addr);
    } else {
        first_step(m);
    }
}

void vtd_xl_take_fs(struct vtd_xl *m, const uint64_t *words)
{
    if (words)
        vtdfs_tell(&m->w1, *words);
    else
        vtdfs_tell_abort(&m->w1);
    first_step(m);
}

/* ---- both ----------------------------------------------------------------------------------- */

static void walk_from(struct vtd_xl *m, const struct vtd_seed *s)
{
    if (m->q.stage == 1) {
        first_from(m, s);
        return;
    }
    if (!nested(m))
        want_second(m, m->req.addr, vtd_xl_needed(&m->req), vtd_xl_grants_write(m));
    second_from(m, s);
}

void vtd_xl_no_seed(struct vtd_xl *m) { walk_from(m, NULL); }

void vtd_xl_tell_seed(struct vtd_xl *m, const struct vtd_seed *s)
{
    vtd_xl_expect(m, VTD_Q_SEED);
    m->got = 0;
    walk_from(m, s);
}

/* The update was made if what was there is what was read before; else the walk goes on from it. */
void vtd_xl_take_update(struct vtd_xl *m, const uint64_t *words)
{
    bool made = words && *words == m->q.old;

    if (!words) {
        vtd_xl_fault(m, m->q.stage == 1 ? VTD_SFS_10 : VTD_SSS_6);
    } else if (m->q.stage == 1) {
        if (made)
            vtdfs_updated(&m->w1);
        else
            vtdfs_tell(&m->w1, *words);
        first_step(m);
    } else {
        if (made)
            vtdss_updated(&m->w2);
        else
            vtdss_tell(&m->w2, *words);
        second_step(m);
    }
}
