/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/sim.h"
#include "traces/import/import_smmuv3.h"

/* How a command's operands come. */
enum how { HOW_PLAIN, HOW_SID, HOW_SIDS, HOW_ASID, HOW_VMID, HOW_RANGE };

static const struct cmd_row { const char *name; enum smmuv3_cmd_op op; enum how how; } cmd_rows[] = {
    { "CFGI_STE", SMMUV3_CMD_CFGI_STE, HOW_SID },
    { "CFGI_STE_RANGE", SMMUV3_CMD_CFGI_STE_RANGE, HOW_SIDS },      /* and CFGI_ALL */
    { "CFGI_CD", SMMUV3_CMD_CFGI_CD, HOW_SID },
    { "CFGI_CD_ALL", SMMUV3_CMD_CFGI_CD_ALL, HOW_SID },
    { "TLBI_NH_ALL", SMMUV3_CMD_TLBI_NH_ALL, HOW_PLAIN },
    { "TLBI_NH_ASID", SMMUV3_CMD_TLBI_NH_ASID, HOW_ASID },
    { "TLBI_NH_VA", SMMUV3_CMD_TLBI_NH_VA, HOW_RANGE },
    { "TLBI_NH_VAA", SMMUV3_CMD_TLBI_NH_VAA, HOW_RANGE },
    { "TLBI_S12_VMALL", SMMUV3_CMD_TLBI_S12_VMALL, HOW_VMID },
    { "TLBI_S2_IPA", SMMUV3_CMD_TLBI_S2_IPA, HOW_RANGE },
    { "TLBI_NSNH_ALL", SMMUV3_CMD_TLBI_NSNH_ALL, HOW_PLAIN },
    { "SYNC", SMMUV3_CMD_SYNC, HOW_PLAIN },
};

static const struct cmd_row *find_row(const char *name)
{
    static const char prefix[] = "SMMU_CMD_";

    if (strncmp(name, prefix, sizeof prefix - 1) == 0)
        name += sizeof prefix - 1;
    for (size_t i = 0; i < ARRAY_LEN(cmd_rows); i++)
        if (strcmp(cmd_rows[i].name, name) == 0)
            return &cmd_rows[i];
    return NULL;
}

/* ---- commands out ------------------------------------------------------------------------------- */

static void emit_command(struct smmuv3 *m, const uint64_t w[2])
{
    struct import_item it = { .rec = { .kind = REC_COMMAND, .stream = REC_NO_STREAM, .words = 2 } };

    it.ext.w[0] = w[0];
    it.ext.w[1] = w[1];
    it.t_ns = m->cmd.t_ns;
    it.note.line = m->cmd.line;
    m->rings = true;
    smmuv3_emit(m, &it);
}

/* Do the pieces follow each other, alike but for their addresses? */
static bool pieces_join(const struct smmuv3_cmd_seen *c, struct smmuv3_range *whole)
{
    *whole = c->piece[0];
    for (unsigned i = 1; i < c->n_pieces; i++) {
        const struct smmuv3_range *p = &c->piece[i];
        if (p->tg == 0 || p->tg != whole->tg || p->asid != whole->asid || p->vmid != whole->vmid ||
            p->ttl != whole->ttl || p->leaf != whole->leaf ||
            p->addr != whole->addr + (whole->pages << (10 + 2 * whole->tg)))
            return false;
        whole->pages += p->pages;
    }
    return true;
}

/* Cut as QEMU cuts it: are these the pieces? */
static bool pieces_fit(const struct smmuv3_cmd_seen *c, struct smmuv3_range whole)
{
    for (unsigned i = 0; i < c->n_pieces; i++) {
        uint64_t pages = whole.pages ? smmuv3_first_piece(whole.addr, whole.pages, whole.tg) : 0;
        if (pages == 0 || pages != c->piece[i].pages || whole.addr != c->piece[i].addr)
            return false;
        whole.addr += pages << (whole.tg ? 10 + 2 * whole.tg : 12);
        whole.pages -= pages;
    }
    return whole.pages == 0;
}

static void emit_range(struct smmuv3 *m, enum smmuv3_cmd_op op)
{
    struct smmuv3_cmd_seen *c = &m->cmd;
    struct smmuv3_range whole;
    uint64_t w[2];

    if (pieces_join(c, &whole) && pieces_fit(c, whole) && smmuv3_build_range(w, op, &whole)) {
        emit_command(m, w);
        return;
    }
    import_count(m->im, IMPORT_ODD, "range commands whose pieces make no range (one command a piece)", 1);
    for (unsigned i = 0; i < c->n_pieces; i++)
        if (smmuv3_build_range(w, op, &c->piece[i]))
            emit_command(m, w);
}

static bool emit_row(struct smmuv3 *m, const struct cmd_row *row)
{
    const struct smmuv3_cmd_seen *c = &m->cmd;
    uint64_t w[2] = { 0 };

    switch (row->how) {
    case HOW_RANGE:
        if (c->n_pieces)
            emit_range(m, row->op);
        return c->n_pieces != 0;
    case HOW_SID:
        if (!c->has_sid)
            return false;
        smmuv3_build_cfgi(w, row->op, (uint32_t)c->sid);
        break;
    case HOW_SIDS:
        if (!c->has_range || !smmuv3_build_cfgi_range(w, c->first, c->last))
            return false;
        break;
    case HOW_ASID:
    case HOW_VMID:
        if (!c->has_id)
            return false;
        smmuv3_build_tlbi(w, row->op, c->asid, c->vmid);
        break;
    case HOW_PLAIN:
        smmuv3_build_tlbi(w, row->op, c->asid, c->vmid);
        break;
    }
    emit_command(m, w);
    return true;
}

void cmd_finish(struct smmuv3 *m)
{
    const struct cmd_row *row = find_row(m->cmd.name);
    char what[100];

    m->cmd.open = false;
    if (m->src->outcomes_only)
        return;
    if (row && emit_row(m, row)) {
        snprintf(what, sizeof what, "%s commands", row->name);
        import_count(m->im, IMPORT_USED, what, 1);
        if (row->op == SMMUV3_CMD_CFGI_STE || row->op == SMMUV3_CMD_CFGI_CD)
            import_count(m->im, IMPORT_LACKS, "Leaf of CFGI_STE and CFGI_CD (set, as Linux does)", 1);
        return;
    }
    snprintf(what, sizeof what, "operands of %s (not in the trace)", m->cmd.name);
    import_count(m->im, IMPORT_LACKS, what, 1);
}

/* ---- lines -------------------------------------------------------------------------------------- */

bool cmd_opcode(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_cmd_seen *c = &m->cmd;

    (void)form;
    if (arg[0].s.len >= sizeof c->name)
        return false;
    memset(c, 0, offsetof(struct smmuv3_cmd_seen, piece));
    c->open = true;
    c->t_ns = m->src->t_ns;
    c->line = m->src->line;
    memcpy(c->name, arg[0].s.text, arg[0].s.len);
    return true;
}

bool cmd_consume(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)m;
    (void)arg;
    (void)form;
    return true;                   /* it ends the command before it: close_open */
}

bool cmd_consume_out(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)arg;
    (void)form;
    if (m->rings)
        smmuv3_emit_plain(m, REC_DOORBELL, 0);
    m->rings = false;
    return true;
}

/* An operand belongs to the command that is open. */
static struct smmuv3_cmd_seen *open_cmd(struct smmuv3 *m)
{
    if (m->cmd.open)
        return &m->cmd;
    import_count(m->im, IMPORT_ODD, "operands of a command whose name is missing", 1);
    return NULL;
}

static bool set_sid(struct smmuv3 *m, uint64_t sid)
{
    struct smmuv3_cmd_seen *c = open_cmd(m);

    if (sid > UINT32_MAX)
        return false;
    if (c) {
        c->has_sid = true;
        c->sid = sid;
    }
    return true;
}

bool cmd_cfgi_ste(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    return set_sid(m, arg[0].u);
}

bool cmd_cfgi_cd(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    return set_sid(m, arg[0].u);
}

bool cmd_cfgi_range(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_cmd_seen *c = open_cmd(m);

    (void)form;
    if (c) {
        c->has_range = true;
        c->first = arg[0].u;
        c->last = arg[1].u;
    }
    return true;
}

static unsigned id_of(int64_t v)
{
    return v < 0 || v > UINT16_MAX ? 0 : (unsigned)v;
}

bool cmd_tlbi_nh(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_cmd_seen *c = open_cmd(m);

    if (c && form == 0)
        c->vmid = id_of(arg[0].d);
    return true;
}

bool cmd_tlbi_nh_asid(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_cmd_seen *c = open_cmd(m);

    (void)form;
    if (c) {
        c->has_id = true;
        c->asid = id_of(arg[0].d);
    }
    return true;
}

bool cmd_tlbi_vmid(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_cmd_seen *c = open_cmd(m);

    (void)form;
    if (c) {
        c->has_id = true;
        c->vmid = id_of(arg[0].d);
    }
    return true;
}

/* Follows smmuv3_cmdq_tlbi_nh_asid, which has no VMID. */
bool cmd_inv_asid_vmid(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    if (m->cmd.open)
        m->cmd.vmid = id_of(arg[1].d);
    return true;
}

/* Granule codes are 1, 2, 3; some versions print the log2 of its bytes. */
static bool granule_code(uint64_t tg, unsigned *code)
{
    if (tg >= 12 && tg <= 16 && tg % 2 == 0)
        tg = (tg - 10) / 2;
    *code = (unsigned)tg;
    return tg <= 3;
}

bool cmd_range(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_range r = { .addr = arg[2].u, .pages = arg[4].u, .ttl = (unsigned)(arg[5].u & 3),
                              .leaf = (unsigned)(arg[6].u & 1), .vmid = id_of(arg[0].d),
                              .asid = id_of(arg[1].d) };
    struct smmuv3_cmd_seen *c;

    (void)form;
    if (!granule_code(arg[3].u, &r.tg) || r.pages == 0 || r.pages > 1ull << 40)
        return false;
    c = open_cmd(m);
    if (c && c->n_pieces < PIECES_MAX)
        c->piece[c->n_pieces++] = r;
    return true;
}
