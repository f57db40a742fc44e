/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference that the property tests judge by, against the vectors written by hand from the manual
 * (tests/conformance/smmuv3-vectors.json): outcomes, addresses, records, reads in order, writes and
 * attributes.
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "base/mem.h"
#include "smmuv3_ref.h"
#include "suite.h"

static struct json_object *get(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;

    json_object_object_get_ex(o, key, &v);
    return v;
}

static uint64_t number(struct json_object *v)
{
    if (!v)
        return 0;
    return json_object_is_type(v, json_type_string) ? strtoull(json_object_get_string(v), NULL, 0)
                                                    : (uint64_t)json_object_get_int64(v);
}

static uint64_t num(struct json_object *o, const char *key)
{
    return number(get(o, key));
}

static const char *text(struct json_object *o, const char *key)
{
    const char *s = json_object_get_string(get(o, key));

    return s ? s : "";
}

struct world { struct mem *mem; struct json_object *aborts; };

static bool read_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out)
{
    const struct world *w = arg;

    for (size_t i = 0; w->aborts && i < json_object_array_length(w->aborts); i++)
        if (number(json_object_array_get_idx(w->aborts, i)) == pa)
            return false;
    return mem_read(w->mem, pa, words, out);
}

static const char *const outcomes[] = {
    [XL_OK] = "ok", [XL_BYPASS] = "ok", [XL_ABORT] = "abort", [XL_FAULT] = "abort",
    [XL_RAZWI] = "raz_wi", [XL_STALL] = "stall", [XL_ATS_OK] = "ats_success", [XL_ATS_UR] = "ats_ur",
    [XL_ATS_CA] = "ats_ca",
};

static void check_record(const struct smmuv3_ref *a, const struct xl_req *q, struct json_object *e)
{
    uint64_t w[4];

    CHECK_EQ(a->recorded, e != NULL);
    smmuv3_ref_record(a, q, w);
    for (size_t i = 0; e && i < 4; i++) {
        uint64_t mask = number(json_object_array_get_idx(get(e, "mask"), i));

        CHECK_EQ(w[i] & mask, number(json_object_array_get_idx(get(e, "words"), i)) & mask);
    }
}

static void check_memory(const struct smmuv3_ref *a, struct json_object *e)
{
    struct json_object *list = get(e, "fetches");

    if (list)
        CHECK_EQ(a->reads, json_object_array_length(list));
    for (size_t i = 0; list && i < json_object_array_length(list) && i < a->reads; i++) {
        struct json_object *at = json_object_array_get_idx(list, i);

        CHECK_STR(a->read[i].name, json_object_get_string(json_object_array_get_idx(at, 0)));
        CHECK_EQ(a->read[i].pa, number(json_object_array_get_idx(at, 1)));
    }
    if (get(e, "n_fetches"))
        CHECK_EQ(a->reads, num(e, "n_fetches"));
    if (!get(e, "writes"))
        return;
    CHECK_EQ(a->writes, json_object_object_length(get(e, "writes")));
    json_object_object_foreach(get(e, "writes"), pa, word) {
        CHECK_EQ(a->write_at[0].pa, strtoull(pa, NULL, 0));
        CHECK_EQ(a->write_at[0].new, number(word));
    }
}

static void check_translation(const struct smmuv3_ref *a, struct json_object *e)
{
    struct json_object *attrs = get(e, "attrs");

    if (get(e, "pa"))
        CHECK_EQ(a->outcome == XL_ATS_OK ? a->pa & ~0xfffull : a->pa, num(e, "pa"));
    if (get(e, "page_bits"))
        CHECK_EQ(a->size_log2, num(e, "page_bits"));
    if (get(e, "asid"))
        CHECK_EQ(a->asid, num(e, "asid"));
    if (get(e, "vmid"))
        CHECK_EQ(a->vmid, num(e, "vmid"));
    if (get(e, "r"))
        CHECK_EQ(a->ats_r, num(e, "r"));
    if (get(e, "w"))
        CHECK_EQ(a->ats_w, num(e, "w"));
    if (!attrs)
        return;
    CHECK_EQ(a->mair, num(attrs, "mair"));
    CHECK_EQ(a->sh, num(attrs, "sh"));
    CHECK_EQ(!a->global, num(attrs, "ng"));
}

static void run(struct json_object *v)
{
    struct json_object *q = get(v, "request"), *e = get(v, "expect"), *r = get(v, "regs");
    struct world w = { mem_new(), get(v, "abort_pa") };
    const char *ats = text(q, "ats");
    struct smmuv3_regs regs = { 0 };
    struct smmuv3_ref_choice choice = { 0 };
    static struct smmuv3_ref a;
    struct xl_req req = {
        .addr = num(q, "va"), .sid = (uint32_t)num(q, "sid"), .ssid = (uint32_t)num(q, "ssid"),
        .has_ssid = get(q, "ssid") != NULL, .write = !num(q, "rnw"), .priv = num(q, "priv"),
        .exec = num(q, "inst"), .no_write = num(q, "nw"),
        .type = strcmp(ats, "treq") == 0 ? XL_ATS_REQUEST
                : strcmp(ats, "translated") == 0 ? XL_TRANSLATED : XL_UNTRANSLATED,
    };
    unsigned before = CU_get_number_of_failures();

    json_object_object_foreach(get(v, "mem"), at, word)
        mem_write64(w.mem, strtoull(at, NULL, 0), number(word));
    for (unsigned i = 0; i < smmuv3_reg_count; i++)
        smmuv3_reg_write(&regs, smmuv3_reg_rows[i].offset, num(r, smmuv3_reg_rows[i].name),
                         smmuv3_reg_rows[i].bytes);
    smmuv3_ref_run(&a, &regs, &choice, &req, read_mem, &w);
    CHECK_STR(outcomes[a.outcome], text(e, "result"));
    check_record(&a, &req, get(e, "event"));
    check_memory(&a, e);
    check_translation(&a, e);
    if (CU_get_number_of_failures() != before)
        fprintf(stderr, "in %s: %s\n", text(v, "id"), text(v, "title"));
    mem_free(w.mem);
}

static void the_reference_passes_every_vector(void)
{
    struct json_object *root = json_object_from_file(TESTS_DIR "/conformance/smmuv3-vectors.json");
    struct json_object *list = get(root, "vectors");

    CU_ASSERT_FATAL(list != NULL);
    CU_ASSERT(json_object_array_length(list) >= 108);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        run(json_object_array_get_idx(list, i));
    json_object_put(root);
}

#define TESTS(T) T(the_reference_passes_every_vector)
TEST_SUITE("smmuv3 reference", TESTS)
