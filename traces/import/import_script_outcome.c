/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"
#include "traces/import/import_qemu.h"
#include "traces/import/import_script.h"
#include "traces/import/import_smmuv3_build.h"

bool script_u64(struct json_object *o, const char *key, uint64_t *v)
{
    struct json_object *field;
    const char *text;

    if (!json_object_object_get_ex(o, key, &field))
        return false;
    if (json_object_is_type(field, json_type_int)) {
        *v = json_object_get_uint64(field);
        return json_object_get_int64(field) >= 0;
    }
    if (!json_object_is_type(field, json_type_string))
        return false;
    text = json_object_get_string(field);
    return scan_u64(&text, v) && *text == '\0';
}

const char *script_text(struct json_object *o, const char *key)
{
    struct json_object *field;

    if (!json_object_object_get_ex(o, key, &field) || !json_object_is_type(field, json_type_string))
        return NULL;
    return json_object_get_string(field);
}

/* Fault reasons of VT-d by the names that scripts use. [VT-d 7.1.3] */
static const struct { const char *name; unsigned reason; } vtd_reasons[] = {
    { "root-not-present", 0x01 },       { "context-not-present", 0x02 }, { "beyond-width", 0x04 },
    { "write", 0x05 },                  { "read", 0x06 },                { "pasid-dir-not-present", 0x51 },
    { "pasid-entry-not-present", 0x59 }, { "fs-not-present", 0x71 },     { "fs-non-canonical", 0x80 },
    { "fs-user", 0x81 },                { "fs-write", 0x85 },
};

static unsigned fault_code(const char *name, enum trace_arch arch)
{
    if (arch == TRACE_ARCH_SMMUV3)
        return smmuv3_event_number(name, strlen(name));
    for (size_t i = 0; i < ARRAY_LEN(vtd_reasons); i++)
        if (strcmp(vtd_reasons[i].name, name) == 0)
            return vtd_reasons[i].reason;
    return 0;
}

static bool set_fault(const char *name, enum trace_arch arch, struct rec_expect *e)
{
    if (strcmp(name, "abort") == 0) {
        e->outcome = REC_O_ABORT;
    } else if (strcmp(name, "none") == 0) {
        e->outcome = REC_O_FAULT_SILENT;
    } else {
        e->outcome = REC_O_FAULT;
        e->code = (uint8_t)fault_code(name, arch);
        return e->code != 0;
    }
    return true;
}

static bool set_address(struct json_object *o, struct rec_expect *e)
{
    if (!script_u64(o, "pa", &e->pa))
        return false;
    e->has_pa = true;
    e->outcome = script_text(o, "kind") ? REC_O_BYPASS : REC_O_OK;   /* bypass, pass-through */
    return true;
}

static void set_detail(struct json_object *o, struct rec_expect *e)
{
    static const char *const classes[] = { "CD", "TT", "IN" };       /* CLASS 0, 1, 2 [SMMUv3 7.3] */
    const char *cls = script_text(o, "cls");
    uint64_t s2;

    if (!cls || !script_u64(o, "s2", &s2) || !script_u64(o, "ipa", &e->ipa))
        return;
    for (unsigned i = 0; i < ARRAY_LEN(classes); i++)
        if (strcmp(cls, classes[i]) == 0) {
            e->cls = (uint8_t)i;
            e->has_detail = true;
        }
    e->stage2 = s2 != 0;
}

bool script_intent(struct json_object *o, enum trace_arch arch, struct rec_expect *e)
{
    const char *fault = script_text(o, "fault");

    if (!fault)
        return set_address(o, e);
    set_detail(o, e);
    return set_fault(fault, arch, e);
}

bool script_got(struct json_object *o, enum trace_arch arch, struct rec_expect *e)
{
    const char *fault = script_text(o, "fault");
    uint64_t reason;

    if (fault)
        return set_fault(fault, arch, e);
    if (!script_u64(o, "fault", &reason))
        return set_address(o, e);
    e->outcome = REC_O_FAULT;      /* VT-d: the reason's number */
    e->code = (uint8_t)reason;
    return reason > 0 && reason <= UINT8_MAX;
}

/* "type word1 word2 word3", hexadecimal. */
static bool event_words(const char *text, uint64_t w[4])
{
    for (unsigned i = 0; i < 4; i++) {
        if (!scan_hex(&text, &w[i]))
            return false;
        text += *text == ' ';
    }
    return *text == '\0';
}

void script_got_detail(struct json_object *o, enum trace_arch arch, struct rec_expect *e)
{
    const char *evt = script_text(o, "evt");
    uint64_t w[4], blocked;

    e->blocked = script_u64(o, "blocked", &blocked) && blocked;
    if (arch != TRACE_ARCH_SMMUV3 || !evt || !event_words(evt, w))
        return;
    if (bits_get(w[0], 7, 0) < 0x10 || bits_get(w[0], 7, 0) > 0x13)
        return;                    /* no S2, CLASS, IPA in the others [SMMUv3 7.3] */
    e->has_detail = true;
    e->stage2 = (uint8_t)bits_get(w[1], 39, 39);
    e->cls = (uint8_t)bits_get(w[1], 41, 40);
    e->ipa = w[3];
}
