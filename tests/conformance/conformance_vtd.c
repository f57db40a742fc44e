/* SPDX-License-Identifier: Apache-2.0
 *
 * conformance_vtd.c - VT-d vectors: translations on the machine driven from memory, descriptors
 * both ways, fault records, and sequences of accesses, table writes and invalidations through
 * systems with no caches and with unlimited ones, judged by the oracle as well.
 */
#include "tests/conformance/conformance_unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/vtd/invdesc.h"
#include "arch/vtd/prq.h"
#include "arch/vtd/translate.h"
#include "base/sim.h"

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
        .type = strcmp(at, "translation") == 0    ? XL_ATS_REQUEST
                : strcmp(at, "page_request") == 0 ? XL_PAGE_REQUEST
                : strcmp(at, "translated") == 0   ? XL_TRANSLATED : XL_UNTRANSLATED,
    };
}

/* Cold: every question that a cache could answer is not. */
static void run_cold(struct vtd_xl *m, const struct vtd_regs *regs, struct mem *mem,
                     const struct xl_req *req)
{
    static const struct vtd_impl impl;

    vtd_xl_begin(m, regs, &impl, req);
    while (vtd_xl_ask(m)) {
        uint64_t words[VTD_PE_WORDS];
        bool ok;

        if (!m->q.words) {
            vtd_xl_tell_none(m);
            continue;
        }
        ok = mem_read(mem, m->q.pa, m->q.words, words);
        if (ok && m->q.kind == VTD_Q_UPDATE && words[0] == m->q.old)
            mem_write64(mem, m->q.pa, m->q.value);
        vtd_xl_tell(m, ok ? words : NULL);
    }
}

/* ---- translations ---------------------------------------------------------------------------- */

/* What the result says, whoever gave it. */
static void check_result(struct score *s, const char *who, const struct xl_req *req, const struct xl_result *res,
                         const struct json_object *v)
{
    const struct json_object *expect = jget(v, "expect");
    const char *result = jstr(expect, "result");

    (void)req;
    if (strcmp(result, "ok") == 0) {
        if (res->outcome != XL_OK && res->outcome != XL_BYPASS && res->outcome != XL_ATS_OK)
            score_fail(s, "%s: outcome %u, reason 0x%02x, expected a translation", who, res->outcome, res->code);
        else if (res->pa != jnum(expect, "pa", 0))
            score_fail(s, "%s: pa 0x%" PRIx64, who, res->pa);
    } else if (strcmp(result, "fault") == 0) {
        if (res->code != jnum(expect, "reason", 0) || res->recorded != jnum(expect, "recorded", 0))
            score_fail(s, "%s: reason 0x%02x, recorded %u", who, res->code, res->recorded);
    } else if (strcmp(result, "interrupt") == 0) {
        if (res->outcome != XL_INTERRUPT)
            score_fail(s, "%s: outcome %u", who, res->outcome);
    } else {
        score_fail(s, "unknown result \"%s\"", result);
    }
}

static void check_ok(struct score *s, const struct vtd_xl *m, const struct json_object *expect)
{
    const struct xl_leaf *l = &m->leaf;
    unsigned first = !m->has_leaf || !l->stage1 ? XL_ALL : m->super ? l->perm1 / XL_PR : l->perm1;
    unsigned perm = first & (m->has_leaf ? l->perm2 : XL_R | XL_W);
    const char *want = jstr(expect, "perm");

    score_equal(s, "page size", m->has_leaf ? 1ull << l->size_log2 : 4096, jnum(expect, "page_size", 0));
    score_equal(s, "read permission", perm & XL_R, strchr(want, 'r') ? XL_R : 0);
    score_equal(s, "write permission", perm & XL_W, strchr(want, 'w') ? XL_W : 0);
    score_equal(s, "domain", m->res.domain, jnum(expect, "did", 0));
}

static void check_fault(struct score *s, const struct vtd_xl *m, const struct json_object *expect)
{
    const struct vtd_reason *r = vtd_reason(m->res.code);
    const char *name = jstr(expect, "name");

    if (m->res.code == 0 || !r)
        score_fail(s, "outcome %u without a known reason", m->res.outcome);
    else if (strcmp(r->name, name) != 0 && strcmp(r->old_name, name) != 0)
        score_fail(s, "reason is called %s, expected %s", r->name, name);
}

/* Paging entries that hardware has rewritten hold what is expected, all others what they held. */
static void check_memory(struct score *s, const char *who, const struct json_object *v, struct mem *mem)
{
    const struct json_object *updates = jget(jget(v, "expect"), "updates");

    if (!updates)
        return;
    json_object_object_foreach(jown(jget(v, "mem")), base, words)
        for (size_t i = 0; i < jlen(words); i++) {
            uint64_t pa = strtoull(base, NULL, 0) + 8 * i, want;
            char name[32];

            snprintf(name, sizeof name, "0x%" PRIx64, pa);
            want = jnum(updates, name, jvalue(jat(words, i)));
            if (mem_read64(mem, pa) != want)
                score_fail(s, "%s: at %s 0x%" PRIx64 ", expected 0x%" PRIx64, who, name, mem_read64(mem, pa), want);
        }
}

/* ---- whole units ----------------------------------------------------------------------------- */

#define STORE(store, ways) { "vtd." store ".sets", "1" }, { "vtd." store ".ways", ways }
#define STORES(ways)                                                                                             \
    STORE("iotlb", ways), STORE("cc", ways), STORE("pc", ways), STORE("gpa", ways), STORE("wc2", ways),          \
    STORE("wc3", ways), STORE("wc4", ways), STORE("wc5", ways), STORE("fwc2", ways), STORE("fwc3", ways),        \
    STORE("fwc4", ways), STORE("fwc5", ways)

static const struct unit_kind kinds[] = {
    { "no caches", false, { { NULL, NULL } } },
    { "all caches, by domain", false, { STORES("1024") } },
    { "all caches, by source-id", false, { STORES("1024"), { "vtd.key", "source-id" } } },
    { "all caches, IOTLB first", false, { STORES("1024"), { "vtd.key", "source-id" }, { "vtd.order", "iotlb-first" } } },
    { "caches of one entry", false, { STORES("1") } },
    { "in time, no caches", true, { { NULL, NULL } } },
    { "in time, all caches", true, { STORES("16") } },
    { "in time, IOTLB first", true, { STORES("16"), { "vtd.key", "source-id" }, { "vtd.order", "iotlb-first" } } },
};

static void start(struct system *sys, const struct json_object *v, const void *regs)
{
    const struct vtd_regs *r = regs;
    const struct json_object *errors = jget(v, "mem_error");
    uint64_t gcmd = 0;

    system_capability(sys, VTD_REG_CAP, r->cap);
    system_capability(sys, VTD_REG_ECAP, r->ecap);
    json_object_object_foreach(jown(jget(v, "mem")), at, list) {
        uint64_t words[64];

        jwords(list, words, 64);
        system_table_write(sys, strtoull(at, NULL, 0), words, (unsigned)jlen(list));
    }
    for (size_t i = 0; i < jlen(errors); i++)
        mem_abort_region(sys->mem, jvalue(jat(errors, i)), jvalue(jat(errors, i)) + 0xfff);
    system_reg_write(sys, VTD_REG_RTADDR, r->rtaddr, 8);
    FIELD_SET(GSTS, RTPS, &gcmd, 1);
    system_reg_write(sys, VTD_REG_GCMD, gcmd, 4);
    FIELD_SET(GSTS, RTPS, &gcmd, 0);
    FIELD_SET(GSTS, TES, &gcmd, r->tes);
    system_reg_write(sys, VTD_REG_GCMD, gcmd, 4);
}

/* With the vector's host address width. */
static struct unit_kind with_width(const struct unit_kind *k, const struct json_object *v, char haw[8])
{
    struct unit_kind own = *k;
    size_t n = 0;

    while (own.set[n].path)
        n++;
    snprintf(haw, 8, "%u", (unsigned)jnum(v, "haw", 0));
    own.set[n] = (struct setting){ "vtd.haw", haw };
    return own;
}

static void run_on_units(const struct json_object *v, const struct vtd_regs *regs, const struct xl_req *req,
                         struct score *s)
{
    const struct unit_run run = { .start = start, .check = check_result, .check_memory = check_memory };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        char haw[8];
        struct unit_kind k = with_width(&kinds[i], v, haw);

        conformance_on_unit(SYSTEM_VTD, &k, &run, v, regs, req, s);
    }
}

static void run_vector(const struct json_object *v, struct score *s)
{
    const struct json_object *expect = jget(v, "expect");
    struct vtd_regs regs = regs_of(v);
    struct xl_req req = request_of(jget(v, "req"), NULL);
    struct mem *mem = memory_of(v);
    struct vtd_xl m;

    score_begin(s, v);
    run_cold(&m, &regs, mem, &req);
    check_result(s, "machine", &req, &m.res, v);
    if (strcmp(jstr(expect, "result"), "ok") == 0)
        check_ok(s, &m, expect);
    else if (strcmp(jstr(expect, "result"), "fault") == 0)
        check_fault(s, &m, expect);
    score_equal(s, "table reads", m.reads, jnum(expect, "table_reads", 0));
    check_memory(s, "machine", v, mem);
    mem_free(mem);
    if (req.type != XL_PAGE_REQUEST)
        run_on_units(v, &regs, &req, s);
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
    struct mem *mem;
    struct vtd_xl m;

    score_begin(s, r);
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

/* ---- page requests --------------------------------------------------------------------------- */

static uint64_t request_field(const struct page_request *r, const uint64_t *words, const char *name)
{
    const struct { const char *name; uint64_t value; } list[] = {
        { "type", FIELD_GET(PRQ, TYPE, words) }, { "pp", r->has_pasid }, { "rid", r->rid }, { "pasid", r->pasid },
        { "exe", r->exec }, { "priv", r->priv }, { "rd", r->read }, { "wr", r->write }, { "lpig", r->last },
        { "prgi", r->group }, { "addr", r->addr },
    };

    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (strcmp(list[i].name, name) == 0)
            return list[i].value;
    return UINT64_MAX;
}

static void run_page_request(const struct json_object *v, struct score *s)
{
    uint64_t words[PRQ_WORDS] = { 0 }, again[PRQ_WORDS];
    struct page_request r;

    score_begin(s, v);
    jwords(jget(v, "words"), words, PRQ_WORDS);
    vtd_prq_decode(words, &r);
    json_object_object_foreach(jown(jget(v, "fields")), name, want)
        score_equal(s, name, request_field(&r, words, name), jvalue(want));
    vtd_prq_encode(&r, again);
    for (unsigned i = 0; i < PRQ_WORDS; i++)
        score_equal(s, "encoded word", again[i], words[i]);
    score_end(s);
}

/* ---- sequences ------------------------------------------------------------------------------- */

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
    char haw[8];
    struct unit_kind k = with_width(&kinds[kind], base, haw);
    struct vtd_regs regs = regs_of(base);
    struct system *sys = conformance_unit(SYSTEM_VTD, &k);
    size_t n;
    uint64_t total;

    if (!sys) {
        score_fail(s, "%s: no system", kinds[kind].name);
        return;
    }
    start(sys, base, &regs);
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

    score_begin(s, q);
    for (unsigned kind = 0; kind < ARRAY_LEN(kinds); kind++)
        if (!kinds[kind].timed)
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
    for (size_t i = 0; i < jlen(list); i++)
        run_page_request(jat(list, i), s);
    list = jget(root, "sequences");
    for (size_t i = 0; i < jlen(list); i++)
        run_sequence(root, jat(list, i), s);
}
