/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import_smmuv3.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

static smmuv3_event reset_exit, read_mmio, write_mmio, nothing;

/* E(name, how its lines count, handler, form of 10.0, form of other versions or NULL); by name.
 * A form of "*" takes any text. */
#define SMMUV3_EVENTS(E)                                                                           \
    E(smmu_add_mr, IDLE, nothing, "%s", NULL)                                                      \
    E(smmu_config_cache_inv, IDLE, nothing, "Config cache INV for sid=%u", NULL)                   \
    E(smmu_configs_inv_sid_range, IDLE, nothing, "Config cache INV SID range from %u to %u", NULL) \
    E(smmu_get_pte, USED, xl_get_pte, "baseaddr=%u index=%u, pteaddr=%u, pte=%u", NULL)            \
    E(smmu_inv_notifiers_mr, IDLE, nothing, "*", NULL)                                             \
    E(smmu_iotlb_insert, IDLE, nothing, "IOTLB ++ asid=%d vmid=%d addr=%u tg=%u level=%d",         \
      "IOTLB ++ asid=%d addr=%u tg=%u level=%d")                                                   \
    E(smmu_iotlb_inv_all, USED, xl_inv_all, "IOTLB invalidate all", NULL)                          \
    E(smmu_iotlb_inv_asid, IDLE, nothing, "IOTLB invalidate asid=%d", NULL)                        \
    E(smmu_iotlb_inv_asid_vmid, USED, cmd_inv_asid_vmid, "IOTLB invalidate asid=%d vmid=%d", NULL) \
    E(smmu_iotlb_inv_vmid, IDLE, nothing, "IOTLB invalidate vmid=%d", NULL)                        \
    E(smmu_iotlb_inv_vmid_s1, IDLE, nothing, "IOTLB invalidate vmid=%d", NULL)                     \
    E(smmu_iotlb_lookup_hit, USED, xl_lookup_hit,                                                  \
      "IOTLB cache HIT asid=%d vmid=%d addr=%u hit=%u miss=%u hit rate=%u",                        \
      "IOTLB cache HIT asid=%d addr=%u hit=%u miss=%u hit rate=%u")                                \
    E(smmu_iotlb_lookup_miss, USED, xl_lookup_miss,                                                \
      "IOTLB cache MISS asid=%d vmid=%d addr=%u hit=%u miss=%u hit rate=%u",                       \
      "IOTLB cache MISS asid=%d addr=%u hit=%u miss=%u hit rate=%u")                               \
    E(smmu_ptw_block_pte, USED, xl_block_pte,                                                      \
      "stage=%u level=%d base@=%u pte@=%u pte=%u iova=%u block address = %u block size = %u MiB",  \
      NULL)                                                                                        \
    E(smmu_ptw_invalid_pte, USED, xl_invalid_pte,                                                  \
      "stage=%u level=%d base@=%u pte@=%u offset=%u pte=%u", NULL)                                 \
    E(smmu_ptw_level, USED, xl_ptw_level,                                                          \
      "stage=%u level=%d iova=%u subpage_sz=%u baseaddr=%u offset=%u => pte=%u",                   \
      "level=%d iova=%u subpage_sz=%u baseaddr=%u offset=%u => pte=%u")                            \
    E(smmu_ptw_page_pte, USED, xl_page_pte,                                                        \
      "stage=%u level=%d iova=%u base@=%u pte@=%u pte=%u page address = %u", NULL)                 \
    E(smmu_reset_exit, USED, reset_exit, "", NULL)                                                 \
    E(smmuv3_cmdq_cfgi_cd, USED, cmd_cfgi_cd, "sid=%u", "streamid = %u")                           \
    E(smmuv3_cmdq_cfgi_ste, USED, cmd_cfgi_ste, "streamid= %u", "streamid =%u")                    \
    E(smmuv3_cmdq_cfgi_ste_range, USED, cmd_cfgi_range, "start=%u - end=%u", NULL)                 \
    E(smmuv3_cmdq_consume, IDLE, cmd_consume, "prod=%u cons=%u prod.wrap=%u cons.wrap=%u", NULL)   \
    E(smmuv3_cmdq_consume_error, IDLE, nothing, "*", NULL)                                         \
    E(smmuv3_cmdq_consume_out, USED, cmd_consume_out,                                              \
      "prod:%u, cons:%u, prod_wrap:%u, cons_wrap:%u", NULL)                                        \
    E(smmuv3_cmdq_opcode, USED, cmd_opcode, "<--- %s", NULL)                                       \
    E(smmuv3_cmdq_tlbi_nh, USED, cmd_tlbi_nh, "vmid=%d", "")                                       \
    E(smmuv3_cmdq_tlbi_nh_asid, USED, cmd_tlbi_nh_asid, "asid=%d", NULL)                           \
    E(smmuv3_cmdq_tlbi_nsnh, IDLE, nothing, "", NULL)                                              \
    E(smmuv3_cmdq_tlbi_s12_vmid, USED, cmd_tlbi_vmid, "vmid=%d", NULL)                             \
    E(smmuv3_config_cache_hit, USED, xl_config_hit,                                                \
      "Config cache HIT for sid=%u (hits=%u, misses=%u, hit rate=%u)", NULL)                       \
    E(smmuv3_config_cache_inv, IDLE, nothing, "Config cache INV for sid=%u", NULL)                 \
    E(smmuv3_config_cache_miss, USED, xl_config_miss,                                              \
      "Config cache MISS for sid=%u (hits=%u, misses=%u, hit rate=%u)", NULL)                      \
    E(smmuv3_decode_cd, USED, xl_decode_cd, "oas=%u", NULL)                                        \
    E(smmuv3_decode_cd_tt, USED, xl_decode_cd_tt,                                                  \
      "TT[%u]:tsz:%u ttb:%u granule_sz:%u had:%u", NULL)                                           \
    E(smmuv3_find_ste, USED, xl_find_ste, "sid=%u features:%u, sid_split:%u", NULL)                \
    E(smmuv3_find_ste_2lvl, USED, xl_find_ste_2lvl,                                                \
      "strtab_base:%u l1ptr:%u l1_off:%u, l2ptr:%u l2_off:%u max_l2_ste:%d", NULL)                 \
    E(smmuv3_get_cd, USED, xl_get_cd, "CD addr: %u", NULL)                                         \
    E(smmuv3_get_ste, USED, xl_get_ste, "STE addr: %u", NULL)                                      \
    E(smmuv3_inv_notifiers_iova, IDLE, nothing, "*", NULL)                                         \
    E(smmuv3_notify_flag_add, IDLE, nothing, "*", NULL)                                            \
    E(smmuv3_notify_flag_del, IDLE, nothing, "*", NULL)                                            \
    E(smmuv3_range_inval, USED, cmd_range,                                                         \
      "vmid=%d asid=%d addr=%u tg=%u num_pages=%u ttl=%u leaf=%u stage=%u", NULL)                  \
    E(smmuv3_read_mmio, USED, read_mmio, "addr: %u val:%u size: %u(%u)", NULL)                     \
    E(smmuv3_record_event, USED, xl_record_event, "%s sid=%u", NULL)                               \
    E(smmuv3_s1_range_inval, USED, cmd_range,                                                      \
      "vmid=%d asid=%d addr=%u tg=%u num_pages=%u ttl=%u leaf=%u", NULL)                           \
    E(smmuv3_translate_abort, USED, xl_abort, "%s sid=%u abort on iova:%u is_write=%u", NULL)      \
    E(smmuv3_translate_bypass, USED, xl_bypass, "%s sid=%u STE bypass iova:%u is_write=%u", NULL)  \
    E(smmuv3_translate_disable, USED, xl_disable,                                                  \
      "%s sid=%u bypass (smmu disabled) iova:%u is_write=%u", NULL)                                \
    E(smmuv3_translate_success, USED, xl_success,                                                  \
      "%s sid=%u iova=%u translated=%u perm=%u stage=%u",                                          \
      "%s sid=%u iova=%u translated=%u perm=%u")                                                   \
    E(smmuv3_trigger_irq, IDLE, nothing, "irq=%u", NULL)                                           \
    E(smmuv3_unhandled_cmd, IDLE, nothing, "*", NULL)                                              \
    E(smmuv3_write_gerror, IDLE, nothing, "*", NULL)                                               \
    E(smmuv3_write_gerrorn, IDLE, nothing, "*", NULL)                                              \
    E(smmuv3_write_mmio, USED, write_mmio, "addr: %u val:%u size: %u(%u)", NULL)

struct event_row {
    const char *name;
    enum import_group group;
    smmuv3_event *handle;
    const char *form[2];
};

#define EVENT_ROW(name, group, handle, form, other) { #name, IMPORT_##group, handle, { form, other } },
static const struct event_row events[] = { SMMUV3_EVENTS(EVENT_ROW) };

/* ---- items -------------------------------------------------------------------------------------- */

void smmuv3_emit(struct smmuv3 *m, struct import_item *it)
{
    bool outcome = it->rec.kind <= REC_TRANSLATED || it->rec.kind == REC_EXPECT;

    if (m->rc < 0 || (m->src->outcomes_only && !outcome))
        return;
    m->rc = import_emit(m->src, it);
}

void smmuv3_emit_plain(struct smmuv3 *m, enum rec_kind kind, uint64_t t_ns)
{
    struct import_item it = { .rec = { .kind = (uint8_t)kind, .stream = REC_NO_STREAM }, .t_ns = t_ns };

    smmuv3_emit(m, &it);
}

static void emit_register(struct smmuv3 *m, enum rec_kind kind, const union scan_arg *arg)
{
    struct import_item it = { 0 };

    it.rec = (struct rec){ .kind = (uint8_t)kind, .stream = REC_NO_STREAM, .words = 1,
                           .addr = arg[0].u, .len = (uint32_t)arg[2].u };
    it.ext.w[0] = arg[1].u;
    smmuv3_emit(m, &it);
}

/* ---- registers ---------------------------------------------------------------------------------- */

enum { REG_IDR5 = 0x14, REG_AIDR = 0x1c, REG_STRTAB_BASE = 0x80 };

/* Written often and seen otherwise: commands travel as COMMANDs, events as outcomes. */
static const struct { unsigned offset; const char *name; } dropped_regs[] = {
    { 0x64, "writes of GERRORN" },       { 0x98, "writes of CMDQ_PROD" },
    { 0x9c, "writes of CMDQ_CONS" },     { 0xa8, "writes of EVENTQ_PROD" },
    { 0xac, "writes of EVENTQ_CONS" },   { 0xc8, "writes of PRIQ_PROD" },
    { 0xcc, "writes of PRIQ_CONS" },     { 0x100a8, "writes of EVENTQ_PROD" },
    { 0x100ac, "writes of EVENTQ_CONS" }, { 0x100c8, "writes of PRIQ_PROD" },
    { 0x100cc, "writes of PRIQ_CONS" },
};

static const unsigned kept_regs[] = {        /* 64-bit ones with their high halves */
    0x20, 0x28, 0x2c, 0x44, 0x50, 0x68, 0x6c, 0x70, 0x74, 0x80, 0x84, 0x88, 0x90, 0x94, 0xa0, 0xa4,
    0xb0, 0xb4, 0xb8, 0xbc, 0xc0, 0xc4, 0xd0, 0xd4, 0xd8, 0xdc,
};

static bool is_kept(uint64_t offset)
{
    for (size_t i = 0; i < ARRAY_LEN(kept_regs); i++)
        if (kept_regs[i] == offset)
            return true;
    return false;
}

static const char *drop_name(uint64_t offset)
{
    for (size_t i = 0; i < ARRAY_LEN(dropped_regs); i++)
        if (dropped_regs[i].offset == offset)
            return dropped_regs[i].name;
    return "writes of other registers";
}

static bool write_mmio(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    uint64_t offset = arg[0].u;

    (void)form;
    if (m->src->outcomes_only)
        return true;
    if (!is_kept(offset)) {
        import_count(m->im, IMPORT_DROPPED, drop_name(offset), 1);
        return true;
    }
    if (offset == REG_STRTAB_BASE) {
        bool half = arg[2].u == 4;
        m->strtab_base = half ? bits_set(m->strtab_base, 31, 0, arg[1].u) : arg[1].u;
        m->has_strtab = true;
    } else if (offset == REG_STRTAB_BASE + 4) {
        m->strtab_base = bits_set(m->strtab_base, 63, 32, arg[1].u);
    }
    emit_register(m, REC_REG, arg);
    return true;
}

static bool read_mmio(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    uint64_t offset = arg[0].u;
    uint32_t bit;

    (void)form;
    if (offset > REG_AIDR || offset % 4 != 0)
        return true;
    bit = 1u << (offset / 4);
    if (m->caps_seen & bit)
        return true;
    m->caps_seen |= bit;
    if (offset == REG_IDR5)
        m->oas = smmuv3_size_bits((unsigned)bits_get(arg[1].u, 2, 0));
    emit_register(m, REC_CAP, arg);
    return true;
}

static bool reset_exit(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct import_item it = { .rec = { .kind = REC_MARKER, .stream = REC_NO_STREAM, .words = 1 } };

    (void)arg;
    (void)form;
    it.ext.w[0] = import_string(m->im, "reset");
    smmuv3_emit(m, &it);
    return true;
}

static bool nothing(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)m;
    (void)arg;
    (void)form;
    return true;
}

/* ---- lines -------------------------------------------------------------------------------------- */

static const struct event_row *find_event(const struct qemu_event *e)
{
    size_t lo = 0, hi = ARRAY_LEN(events);

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int order = strncmp(events[mid].name, e->name, e->name_len);
        if (order == 0)
            order = events[mid].name[e->name_len] != '\0';
        if (order == 0)
            return &events[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* What is open ends where a line of something else begins. */
static void close_open(struct smmuv3 *m, const struct event_row *row)
{
    if (m->xl.failed && row->handle != xl_record_event)
        xl_settle(m);
    if (row->handle == xl_config_hit || row->handle == xl_config_miss || row->handle == cmd_opcode ||
        row->handle == reset_exit)
        xl_settle(m);
    if (m->cmd.open && (row->handle == cmd_consume || row->handle == cmd_consume_out ||
                        row->handle == cmd_opcode || row->handle == xl_config_hit ||
                        row->handle == xl_config_miss || row->handle == reset_exit))
        cmd_finish(m);
}

static bool event_line(struct smmuv3 *m, const struct event_row *row, const char *rest)
{
    union scan_arg arg[SCAN_ARGS];

    for (unsigned form = 0; form < 2 && row->form[form]; form++) {
        if (strcmp(row->form[form], "*") != 0 && !scan_form(rest, row->form[form], arg))
            continue;
        m->count[row - events]++;
        close_open(m, row);
        return row->handle(m, arg, form);
    }
    return false;
}

/* Text that other parts of QEMU write into the same log: a word, a colon. */
static bool is_other_text(const char *line, char *what, size_t size)
{
    size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    for (const char *c = line; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    if (n == 0 || line[n] != ':' || line[n + 1] != ' ')
        return false;
    snprintf(what, size, "lines of another device: %.*s", (int)(n < 40 ? n : 40), line);
    return true;
}

static bool other_line(struct smmuv3 *m, const char *line)
{
    static const char *const known[] = { "invalid STE", "invalid CD" };
    char what[100];

    if (xl_failed_line(m, line))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(line, known[i]) == 0) {
            import_count(m->im, IMPORT_IDLE, known[i], 1);
            return true;
        }
    if (!is_other_text(line, what, sizeof what))
        return false;
    import_count(m->im, IMPORT_IDLE, what, 1);
    return true;
}

static int line_of(void *state, const struct import_line *line)
{
    struct smmuv3 *m = state;
    const struct event_row *row;
    struct qemu_event e;
    bool understood;

    if (line->len == 0)
        return 0;
    if (qemu_event_split(line->text, &e) && (row = find_event(&e)) != NULL) {
        qemu_event_clock(m->src, &e);
        understood = event_line(m, row, e.rest);
    } else {
        understood = other_line(m, line->text);
    }
    if (!understood)
        import_bad_line(m->src, line, "not understood");
    m->src->used_lines += understood;
    return m->rc;
}

/* ---- the parser --------------------------------------------------------------------------------- */

static bool probe(const struct import_line *line, struct import_probe *p)
{
    struct qemu_event e;
    const struct event_row *row;

    if (!qemu_event_split(line->text, &e) || (row = find_event(&e)) == NULL)
        return false;
    p->arch = TRACE_ARCH_SMMUV3;
    if (p->what[0] == '\0')
        snprintf(p->what, sizeof p->what, "qemu smmuv3");
    if (strcmp(row->name, "smmu_reset_exit") == 0 || strcmp(row->name, "smmuv3_range_inval") == 0)
        snprintf(p->what, sizeof p->what, "qemu 10.0 smmuv3");
    if (strcmp(row->name, "smmuv3_s1_range_inval") == 0 ||
        strcmp(row->name, "smmuv3_config_cache_inv") == 0)
        snprintf(p->what, sizeof p->what, "qemu 7.2 smmuv3");
    return true;
}

static void stop(void *state)
{
    struct smmuv3 *m = state;

    u64map_destroy(&m->words);
    u64map_destroy(&m->cd_pa);
    u64map_destroy(&m->s2_of_vmid);
    free(m->s2_known);
    free(m->count);
    free(m);
}

static void *start(struct import_source *src)
{
    struct smmuv3 *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->src = src;
    m->im = src->im;
    m->oas = 44;
    m->count = calloc(ARRAY_LEN(events), sizeof *m->count);
    if (!m->count) {
        stop(m);
        return NULL;
    }
    return m;
}

static int settle(void *state)
{
    struct smmuv3 *m = state;

    xl_settle(m);
    if (m->cmd.open)
        cmd_finish(m);
    return m->rc;
}

static int finish(void *state)
{
    struct smmuv3 *m = state;

    settle(m);
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        import_count(m->im, events[i].group, events[i].name, m->count[i]);
    if (m->old && !m->src->outcomes_only)
        import_count(m->im, IMPORT_LACKS, "machine resets after the first (QEMU 7.2 does not log them)", 1);
    return m->rc;
}

const struct import_parser import_smmuv3 = {
    .name = "QEMU log of an SMMUv3",
    .expects = "smmuv3_* and smmu_* events of QEMU's log",
    .side = IMPORT_DEVICE,
    .probe = probe,
    .start = start,
    .line = line_of,
    .settle = settle,
    .finish = finish,
    .stop = stop,
};
