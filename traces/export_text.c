/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/export_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/sim.h"

/* How a word is written: x hex, d decimal, p permissions, m mode, s string, b yes or no. */
struct word_name {
    const char *name;
    char how;
};

enum { NAMED_WORDS = 5 };
static const struct word_name word_names[REC_KIND_COUNT][NAMED_WORDS] = {
    [REC_MAP] = { { "pa", 'x' }, { "bytes", 'x' }, { "domain", 'x' }, { "perm", 'p' },
                  { "page_log2", 'd' } },
    [REC_UNMAP] = { { "bytes", 'x' }, { "domain", 'x' } },
    [REC_FLUSH] = { { "domain", 'x' }, { "reason", 'd' } },
    [REC_ATTACH] = { { "domain", 'x' }, { "mode", 'm' }, { "ats", 'x' } },
    [REC_DETACH] = { { "domain", 'x' } },
    [REC_PAGE_REQ] = { { "perm", 'p' }, { "group", 'd' }, { "last", 'd' } },
    [REC_PAGE_RESP] = { { "group", 'd' }, { "code", 'd' } },
    [REC_MARKER] = { { "text", 's' } },
    [REC_REG] = { { "value", 'x' } },
    [REC_CAP] = { { "value", 'x' } },
};

struct text {
    const struct trace_reader *r;
    FILE *to;
};

/* ---- values ----------------------------------------------------------------------------------------- */

static void put_string(const struct text *t, const char *s)
{
    putc('"', t->to);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\')
            fprintf(t->to, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            fprintf(t->to, "\\x%02x", c);
        else
            putc(c, t->to);
    }
    putc('"', t->to);
}

static void put_perm(const struct text *t, uint64_t perm)
{
    if (perm & ~(uint64_t)(REC_PERM_R | REC_PERM_W | REC_PERM_X | REC_PERM_PRIV | REC_PERM_DEMAND)) {
        fprintf(t->to, "0x%" PRIx64, perm);
        return;
    }
    if (perm == 0)
        putc('-', t->to);
    for (unsigned i = 0; i < 5; i++)
        if (perm >> i & 1)
            putc("rwxpd"[i], t->to);
}

static void put_mode(const struct text *t, uint64_t mode)
{
    if (mode <= REC_MODE_NESTED)
        fputs(rec_mode_name((unsigned)mode), t->to);
    else
        fprintf(t->to, "%" PRIu64, mode);
}

static void put_named(const struct text *t, const struct word_name *n, uint64_t v)
{
    fprintf(t->to, " %s=", n->name);
    switch (n->how) {
    case 'd':
        fprintf(t->to, "%" PRIu64, v);
        break;
    case 'p':
        put_perm(t, v);
        break;
    case 'm':
        put_mode(t, v);
        break;
    case 's':
        put_string(t, trace_string(t->r, v <= UINT32_MAX ? (uint32_t)v : 0));
        break;
    default:
        fprintf(t->to, "0x%" PRIx64, v);
    }
}

static void put_flags(const struct text *t, unsigned flags)
{
    static const struct { unsigned flag; const char *name; } names[] = {
        { REC_F_PRIV, "priv" },   { REC_F_EXEC, "exec" }, { REC_F_NODIR, "nodir" },
        { REC_F_RECON, "recon" }, { REC_F_NOW, "now" }, { REC_F_SPEC, "spec" },
    };
    const char *before = " flags=";

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (flags & names[i].flag) {
            fprintf(t->to, "%s%s", before, names[i].name);
            before = ",";
        }
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void put_words(const struct text *t, const struct rec *r, const struct rec_ext *x)
{
    unsigned named = 0;

    for (; named < r->words && named < NAMED_WORDS && word_names[r->kind][named].name; named++)
        put_named(t, &word_names[r->kind][named], x->w[named]);
    for (unsigned i = named; i < r->words; i++)
        fprintf(t->to, "%s0x%" PRIx64, i == named ? " w=" : ",", x->w[i]);
}

static void put_expect(const struct text *t, const struct rec_ext *x)
{
    struct rec_expect e;

    rec_expect_unpack(x, &e);
    fprintf(t->to, " source=%s outcome=%s", rec_source_name(e.source), rec_outcome_name(e.outcome));
    if (e.has_pa)
        fprintf(t->to, " pa=0x%" PRIx64, e.pa);
    if (e.page_bits_only)
        fputs(" page_bits_only=1", t->to);
    if (e.code)
        fprintf(t->to, " code=0x%x", e.code);
    if (e.has_detail)
        fprintf(t->to, " stage2=%u cls=%u ipa=0x%" PRIx64, e.stage2, e.cls, e.ipa);
    if (e.has_config)
        fprintf(t->to, " config=%s", e.config_hit ? "hit" : "miss");
    if (e.has_lookups)
        fprintf(t->to, " lookups=%u hits=0x%x flushes=0x%x", e.lookups, e.hits, e.flushes);
    if (e.blocked)
        fputs(" blocked=1", t->to);
    if (e.deviation) {
        fputs(" deviation=", t->to);
        put_string(t, trace_string(t->r, e.deviation));
    }
}

/* Kinds whose address means nothing, and those whose length is always 0. */
static bool has_addr(const struct rec *r)
{
    const unsigned without = 1u << REC_COMMAND | 1u << REC_FLUSH | 1u << REC_ATTACH | 1u << REC_DETACH |
                             1u << REC_PAGE_RESP | 1u << REC_EXPECT | 1u << REC_MARKER |
                             1u << REC_DOORBELL;

    return r->addr || !(without >> r->kind & 1);
}

static bool has_len(const struct rec *r)
{
    const unsigned with = 1u << REC_READ | 1u << REC_WRITE | 1u << REC_ATS_REQ | 1u << REC_TRANSLATED |
                          1u << REC_REG | 1u << REC_CAP;

    return r->len || (with >> r->kind & 1);
}

static void put_record(const struct text *t, const struct rec *r, const struct rec_ext *x)
{
    fprintf(t->to, "%" PRIu64 " %s", r->time, rec_kind_name(r->kind));
    if (r->stream != REC_NO_STREAM)
        fprintf(t->to, " stream=%u sid=0x%x", r->stream, trace_streams(t->r)[r->stream].sid);
    if (r->flags & REC_F_PASID || r->pasid)
        fprintf(t->to, " pasid%s=0x%x", r->flags & REC_F_PASID ? "" : "?", r->pasid);
    if (has_addr(r))
        fprintf(t->to, " addr=0x%" PRIx64, r->addr);
    if (has_len(r))
        fprintf(t->to, " len=%u", r->len);
    put_flags(t, r->flags);
    if (r->kind == REC_EXPECT && r->words)
        put_expect(t, x);
    else if (r->words)
        put_words(t, r, x);
    putc('\n', t->to);
}

/* ---- head ------------------------------------------------------------------------------------------- */

static void put_head(const struct text *t)
{
    static const char *const archs[] = { "none", "smmuv3", "vtd" };
    static const char *const flags[] = { "order-only", "modelled", "lossy", "merged" };
    const struct trace_info *i = trace_info(t->r);
    const struct trace_stream *s = trace_streams(t->r);
    const char *before = " flags=";

    fprintf(t->to, "# trace version=%u arch=%s time_unit_ps=%" PRIu64 " records=%" PRIu64,
            i->head.version, archs[i->head.raw_arch], i->head.time_unit_ps, i->records);
    for (unsigned k = 0; k < ARRAY_LEN(flags); k++)
        if (i->head.flags >> k & 1) {
            fprintf(t->to, "%s%s", before, flags[k]);
            before = ",";
        }
    fputs(" source=", t->to);
    put_string(t, i->head.source);
    putc('\n', t->to);
    for (uint32_t k = 0; k < i->streams; k++) {
        fprintf(t->to, "# stream number=%u sid=0x%x", k, s[k].sid);
        if (s[k].name) {
            fputs(" name=", t->to);
            put_string(t, trace_string(t->r, s[k].name));
        }
        putc('\n', t->to);
    }
}

int export_text(struct trace_reader *r, FILE *to, const char *name, const struct trace_watch *watch,
                struct diag *d)
{
    const struct text t = { r, to };
    const struct rec_ext *ext;
    const struct rec *rec;
    size_t n;
    int rc;

    errno = 0;
    put_head(&t);
    while ((rc = trace_next(r, &rec, &ext, &n)) == 0 && n && !ferror(to)) {
        for (size_t i = 0; i < n; i++) {
            put_record(&t, &rec[i], ext);
            ext += rec[i].words != 0;
        }
        if (watch && watch->step)
            watch->step(watch->to, trace_position(r));
        if (watch && watch->stop && *watch->stop)
            return SIM_EENV;
    }
    if (fflush(to) == 0 && !ferror(to))
        return rc;
    if (errno != EPIPE)
        return diag_env(d, name, "cannot write: %s", strerror(errno ? errno : EIO));
    clearerr(to);                         /* the reader of a pipe has seen enough */
    return 0;
}
