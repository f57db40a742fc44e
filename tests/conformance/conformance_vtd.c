/* SPDX-License-Identifier: Apache-2.0
 *
 * conformance_vtd.c - VT-d vectors: translations on the machine driven from memory, descriptors
 * both ways, fault records, and sequences of accesses, table writes and invalidations through
 * systems with no caches and with unlimited ones, judged by the oracle as well.
 */
#include "tests/conformance/conformance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/vtd/invdesc.h"
#include "arch/vtd/translate.h"
#include "base/sim.h"
#include "system/system.h"

/* ---- a vector's parts ------------------------------------------------------------------------ */

static struct mem *memory_of(const struct json_object *v)
{
    const struct json_object *errors = jget(v, "mem_error");
    struct mem *m = mem_new();

    json_object_object_foreach(jown(jget(v, "mem")), base, words)
        for (size_t i = 0; m && i < jlen(words); i++)
            mem_write64(m, strtoull(base, NULL, 0) + 8 * i, jvalue(jat(words, i)));
    for (size_t i = 0; m && i < jlen(errors); i++) {
        uint64_t page = jvalue(jat(errors, i));

        mem_abort_region(m, page, page + 0xfff);
    }
    return m;
}

static struct vtd_regs regs_of(const struct json_object *v)
{
    const struct json_object *r = jget(v, "regs");

    return (struct vtd_regs){ .cap = jnum(r, "CAP", 0), .ecap = jnum(r, "ECAP", 0),
                              .rtaddr = jnum(r, "RTADDR", 0), .haw = (uint8_t)jnum(v, "haw", 0),
                              .tes = jnum(r, "TES", 0) };
}

/* `over` replaces members of `base`. */
static struct xl_req request_of(const struct json_object *base, const struct json_object *over)
{
    const char *op = jhas(over, "op") ? jstr(over, "op") : jstr(base, "op");
    const char *at = jstr(base, "at");

    return (struct xl_req){
        .addr = jnum(over, "addr", jnum(base, "addr", 0)), .sid = (uint32_t)jnum(base, "sid", 0),
        .has_ssid = jhas(base, "pasid"), .ssid = (uint32_t)jnum(base, "pasid", 0),
        .write = strcmp(op, "read") != 0, .atomic = strcmp(op, "atomic") == 0,
        .priv = jnum(base, "priv", 0), .exec = jnum(base, "exe", 0),
        .type = strcmp(at, "translation") == 0  ? XL_ATS_REQUEST
                : strcmp(at, "translated") == 0 ? XL_TRANSLATED : XL_UNTRANSLATED,
    };
}

/* Cold: every question that a cache could answer is not. */
static void run_cold(struct vtd_xl *m, const struct vtd_regs *regs, const struct mem *mem,
                     const struct xl_req *req)
{
    static const struct vtd_impl impl;

    vtd_xl_begin(m, regs, &impl, req);
    while (vtd_xl_ask(m)) {
        uint64_t words[VTD_CTX_WORDS];

        if (!m->q.words)
            vtd_xl_tell_none(m);
        else
            vtd_xl_tell(m, mem_read(mem, m->q.pa, m->q.words, words) ? words : NULL);
    }
}

/* Why a vector is out of reach; NULL if it is not. */
static const char *out_of_reach(const struct json_object *v, const struct vtd_regs *regs)
{
    if (strcmp(jstr(jget(v, "req"), "at"), "page_request") == 0)
        return "page request";
    if (FIELD_GET(RTADDR, TTM, &regs->rtaddr) == VTD_TTM_SCALABLE &&
        FIELD_GET(ECAP, SMTS, &regs->ecap))
        return jstr(v, "group");
    return NULL;
}

/* ---- translations ---------------------------------------------------------------------------- */

static void check_ok(struct score *s, const struct vtd_xl *m, const struct json_object *expect)
{
    uint8_t perm = m->has_leaf ? m->leaf.perm2 : XL_R | XL_W;
    const char *want = jstr(expect, "perm");

    if (m->res.outcome != XL_OK && m->res.outcome != XL_BYPASS) {
        score_fail(s, "outcome %u, reason 0x%02x, expected a translation", m->res.outcome,
                   m->res.code);
        return;
    }
    score_equal(s, "pa", m->res.pa, jnum(expect, "pa", 0));
    score_equal(s, "page size", m->has_leaf ? 1ull << m->leaf.size_log2 : 4096,
                jnum(expect, "page_size", 0));
    score_equal(s, "read permission", perm & XL_R, strchr(want, 'r') ? XL_R : 0);
    score_equal(s, "write permission", perm & XL_W, strchr(want, 'w') ? XL_W : 0);
    score_equal(s, "domain", m->res.domain, jnum(expect, "did", 0));
}

static void check_fault(struct score *s, const struct vtd_xl *m, const struct json_object *expect)
{
    const struct vtd_reason *r = vtd_reason(m->res.code);
    const char *name = jstr(expect, "name");

    score_equal(s, "reason", m->res.code, jnum(expect, "reason", 0));
    score_equal(s, "recorded", m->res.recorded, jnum(expect, "recorded", 0));
    if (m->res.code == 0 || !r)
        score_fail(s, "outcome %u without a known reason", m->res.outcome);
    else if (strcmp(r->name, name) != 0 && strcmp(r->old_name, name) != 0)
        score_fail(s, "reason is called %s, expected %s", r->name, name);
}

static void run_vector(const struct json_object *v, struct score *s)
{
    const struct json_object *expect = jget(v, "expect");
    struct vtd_regs regs = regs_of(v);
    struct xl_req req = request_of(jget(v, "req"), NULL);
    const char *result = jstr(expect, "result"), *why = out_of_reach(v, &regs);
    struct mem *mem;
    struct vtd_xl m;

    score_begin(s, v);
    if (why) {
        score_skip(s, why);
        return;
    }
    mem = memory_of(v);
    run_cold(&m, &regs, mem, &req);
    if (strcmp(result, "ok") == 0)
        check_ok(s, &m, expect);
    else if (strcmp(result, "fault") == 0)
        check_fault(s, &m, expect);
    else if (strcmp(result, "interrupt") == 0)
        score_equal(s, "outcome", m.res.outcome, XL_INTERRUPT);
    else
        score_fail(s, "unknown result \"%s\"", result);
    score_equal(s, "table reads", m.reads, jnum(expect, "table_reads", 0));
    mem_free(mem);
    score_end(s);
}

static const struct json_object *vector_named(const struct json_object *root, const char *id)
{
    const struct json_object *vectors = jget(root, "vectors");

    for (size_t i = 0; i < jlen(vectors); i++)
        if (strcmp(jstr(jat(vectors, i), "id"), id) == 0)
            return jat(vectors, i);
    return NULL;
}

static void run_record(const struct json_object *root, const struct json_object *r, struct score *s)
{
    const struct json_object *v = vector_named(root, jstr(r, "of"));
    uint64_t want[FRCD_WORDS] = { 0 }, found[FRCD_WORDS];
    struct vtd_regs regs = regs_of(v);
    struct xl_req req = request_of(jget(v, "req"), NULL);
    const char *why = out_of_reach(v, &regs);
    struct mem *mem;
    struct vtd_xl m;

    score_begin(s, r);
    if (why) {
        score_skip(s, why);
        return;
    }
    mem = memory_of(v);
    run_cold(&m, &regs, mem, &req);
    mem_free(mem);
    vtd_fault_encode(&req, m.res.code, found);
    jwords(jget(r, "words"), want, FRCD_WORDS);
    score_equal(s, "low word", found[0], want[0]);
    score_equal(s, "high word", found[1], want[1]);
    score_end(s);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static bool member(const struct vtd_inv *v, const char *name, uint64_t *value)
{
    const struct { const char *name; uint64_t value; } list[] = {
        { "type", v->type },       { "g", v->g },           { "did", v->did },
        { "sid", v->sid },         { "fm", v->fm },         { "dw", v->dw },
        { "dr", v->dr },           { "addr", v->addr },     { "am", v->am },
        { "ih", v->ih },           { "pfsid", v->pfsid },   { "mip", v->mip },
        { "s", v->s },             { "pasid", v->pasid },   { "im", v->iec.im },
        { "iidx", v->iec.iidx },   { "if", v->wait.irq },   { "sw", v->wait.sw },
        { "fn", v->wait.fn },      { "pd", v->wait.pd },    { "stdata", v->wait.data },
        { "staddr", v->wait.addr },
    };

    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (strcmp(list[i].name, name) == 0) {
            *value = list[i].value;
            return true;
        }
    return false;
}

static void check_member(struct score *s, const struct vtd_inv *inv, const char *name,
                         const struct json_object *want)
{
    uint64_t first, last, value;

    if (strcmp(name, "range") == 0) {
        vtd_inv_range(inv, &first, &last);
        score_equal(s, "first", first, jvalue(jat(want, 0)));
        score_equal(s, "last", last, jvalue(jat(want, 1)));
    } else if (member(inv, name, &value)) {
        score_equal(s, name, value, jvalue(want));
    } else {
        score_fail(s, "unknown field \"%s\"", name);
    }
}

static void run_descriptor(const struct json_object *d, struct score *s)
{
    unsigned n = jnum(d, "dw", 128) == 256 ? 4 : 2;
    uint64_t words[VTD_INV_WORDS] = { 0 }, again[VTD_INV_WORDS], cap = 0;
    struct vtd_inv inv;

    score_begin(s, d);
    FIELD_SET(CAP, MAMV, &cap, 18);
    jwords(jget(d, "words"), words, VTD_INV_WORDS);
    score_equal(s, "queue error", vtd_inv_decode(words, n, cap, &inv), VTD_IQEI_NONE);
    if (!s->bad) {
        json_object_object_foreach(jown(jget(d, "fields")), name, want)
            check_member(s, &inv, name, want);
        vtd_inv_encode(&inv, again);
        for (unsigned i = 0; i < VTD_INV_WORDS; i++)
            score_equal(s, "encoded word", again[i], words[i]);
    }
    score_end(s);
}

/* ---- sequences ------------------------------------------------------------------------------- */

#define UNLIMITED(store) { "vtd." store ".sets", "1" }, { "vtd." store ".ways", "16384" }
#define ALL_UNLIMITED UNLIMITED("iotlb"), UNLIMITED("cc"), UNLIMITED("wc2"), UNLIMITED("wc3"), \
                      UNLIMITED("wc4")

struct setting { const char *path, *text; };
static const struct { const char *name; struct setting set[16]; } kinds[] = {
    { "no caches", { { NULL, NULL } } },
    { "unlimited, by domain", { ALL_UNLIMITED } },
    { "unlimited, by source-id", { ALL_UNLIMITED, { "vtd.key", "source-id" } } },
    { "unlimited, IOTLB first", { ALL_UNLIMITED, { "vtd.key", "source-id" },
                                  { "vtd.order", "iotlb-first" } } },
};

static struct system *system_of(const struct json_object *base, const struct setting *set)
{
    struct system_config *c = system_config_new(SYSTEM_VTD);
    struct param_set *params = system_config_params(c);
    struct system *sys;
    struct diag d;
    char haw[8];
    int err;

    diag_init(&d);
    snprintf(haw, sizeof haw, "%u", (unsigned)jnum(base, "haw", 0));
    err = param_set_text(params, "vtd.haw", haw, &d, NULL, 0, 0);
    for (; set->path && !err; set++)
        err = param_set_text(params, set->path, set->text, &d, NULL, 0, 0);
    sys = err ? NULL : system_new(c, 1, &d);
    diag_print(&d, stderr);
    diag_destroy(&d);
    system_config_free(c);
    return sys;
}

static void start(struct system *sys, const struct json_object *base)
{
    struct vtd_regs r = regs_of(base);
    uint64_t gcmd = 0;

    system_check(sys);
    system_capability(sys, VTD_REG_CAP, r.cap);
    system_capability(sys, VTD_REG_ECAP, r.ecap);
    json_object_object_foreach(jown(jget(base, "mem")), at, list) {
        uint64_t words[64];

        jwords(list, words, 64);
        system_table_write(sys, strtoull(at, NULL, 0), words, (unsigned)jlen(list));
    }
    system_reg_write(sys, VTD_REG_RTADDR, r.rtaddr, 8);
    FIELD_SET(GSTS, RTPS, &gcmd, 1);
    system_reg_write(sys, VTD_REG_GCMD, gcmd, 4);
    FIELD_SET(GSTS, RTPS, &gcmd, 0);
    FIELD_SET(GSTS, TES, &gcmd, r.tes);
    system_reg_write(sys, VTD_REG_GCMD, gcmd, 4);
}

static void check_access(struct score *s, const char *kind, size_t step,
                         const struct xl_result *res, const struct json_object *allowed)
{
    char text[32];

    if (res->outcome == XL_OK)
        snprintf(text, sizeof text, "0x%" PRIx64, res->pa);
    else
        snprintf(text, sizeof text, "fault 0x%02x", res->code);
    for (size_t i = 0; i < jlen(allowed); i++)
        if (strcmp(json_object_get_string(jown(jat(allowed, i))), text) == 0)
            return;
    score_fail(s, "%s, step %zu: %s is not allowed", kind, step, text);
}

static void run_step(struct score *s, const char *kind, size_t i, struct system *sys,
                     const struct json_object *base, const struct json_object *step)
{
    const char *op = jstr(step, "op");

    if (strcmp(op, "access") == 0) {
        struct xl_req req = request_of(jget(base, "req"), jget(step, "req"));
        struct xl_result res;

        system_translate(sys, &req, &res, NULL);
        check_access(s, kind, i, &res, jget(step, "allowed"));
    } else if (strcmp(op, "write") == 0) {
        uint64_t value = jnum(step, "value", 0);

        system_table_write(sys, jnum(step, "addr", 0), &value, 1);
    } else if (strcmp(op, "inv") == 0) {
        uint64_t words[VTD_INV_WORDS] = { 0 };

        jwords(jget(step, "words"), words, VTD_INV_WORDS);
        score_equal(s, "descriptor", (uint64_t)system_command(sys, words, VTD_INV_WORDS), 0);
    } else if (strcmp(op, "set") == 0) {
        const struct json_object *r = jget(step, "regs");

        if (jhas(r, "CAP"))
            system_capability(sys, VTD_REG_CAP, jnum(r, "CAP", 0));
    } else {
        score_fail(s, "unknown step \"%s\"", op);
    }
}

static void run_on(struct score *s, unsigned kind, const struct json_object *base,
                   const struct json_object *steps)
{
    struct system *sys = system_of(base, kinds[kind].set);
    size_t n;
    uint64_t total;

    if (!sys) {
        score_fail(s, "%s: no system", kinds[kind].name);
        return;
    }
    start(sys, base);
    for (size_t i = 0; i < jlen(steps); i++)
        run_step(s, kinds[kind].name, i, sys, base, jat(steps, i));
    system_mismatches(sys, &n, &total);
    if (total)
        score_fail(s, "%s: %" PRIu64 " mismatches with the oracle", kinds[kind].name, total);
    system_free(sys);
}

static void run_sequence(const struct json_object *root, const struct json_object *q,
                         struct score *s)
{
    const struct json_object *base = vector_named(root, jstr(q, "base"));
    struct vtd_regs regs = regs_of(base);
    const char *why = out_of_reach(base, &regs);

    score_begin(s, q);
    if (why) {
        score_skip(s, why);
        return;
    }
    for (unsigned kind = 0; kind < ARRAY_LEN(kinds); kind++)
        run_on(s, kind, base, jget(q, "steps"));
    score_end(s);
}

void conformance_vtd(const struct json_object *root, struct score *s)
{
    const struct json_object *list = jget(root, "vectors");

    for (size_t i = 0; i < jlen(list); i++)
        run_vector(jat(list, i), s);
    list = jget(root, "descriptors");
    for (size_t i = 0; i < jlen(list); i++)
        run_descriptor(jat(list, i), s);
    list = jget(root, "fault_records");
    for (size_t i = 0; i < jlen(list); i++)
        run_record(root, jat(list, i), s);
    list = jget(root, "page_requests");
    for (size_t i = 0; i < jlen(list); i++) {
        score_begin(s, jat(list, i));
        score_skip(s, "page request");
    }
    list = jget(root, "sequences");
    for (size_t i = 0; i < jlen(list); i++)
        run_sequence(root, jat(list, i), s);
}
