/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/names.h"

#include <inttypes.h>
#include <stdio.h>

#include "arch/smmuv3/event.h"
#include "arch/vtd/fault.h"
#include "base/sim.h"

const char *cli_fault_name(enum system_arch arch, unsigned code, char buf[CLI_TEXT])
{
    const struct smmuv3_event_row *e = arch == SYSTEM_SMMUV3 ? smmuv3_event_find(code) : NULL;
    const struct vtd_reason *r = arch == SYSTEM_VTD && code < 256 ? vtd_reason((uint8_t)code) : NULL;

    if (e)
        snprintf(buf, CLI_TEXT, "%s", e->name);
    else if (r)
        snprintf(buf, CLI_TEXT, "%s %s", r->name, r->text);
    else
        snprintf(buf, CLI_TEXT, "fault 0x%x", code);
    return buf;
}

const char *cli_fault_class(enum system_arch arch, const struct xl_result *r)
{
    static const char *const names[] = { "cd", "table", "in" };

    return arch == SYSTEM_SMMUV3 && r->cls < ARRAY_LEN(names) ? names[r->cls] : "";
}

const char *cli_result_text(enum system_arch arch, const struct xl_result *r, char buf[CLI_TEXT])
{
    static const char *const words[] = {
        [XL_NONE] = "none", [XL_BYPASS] = "bypass", [XL_ABORT] = "abort", [XL_RAZWI] = "razwi",
        [XL_STALL] = "stall", [XL_ATS_UR] = "ats ur", [XL_ATS_CA] = "ats ca",
        [XL_INTERRUPT] = "interrupt",
    };

    if (r->outcome == XL_OK || r->outcome == XL_ATS_OK)
        snprintf(buf, CLI_TEXT, "0x%" PRIx64, r->pa);
    else if (r->outcome == XL_FAULT)
        cli_fault_name(arch, r->code, buf);
    else
        snprintf(buf, CLI_TEXT, "%s", r->outcome < ARRAY_LEN(words) ? words[r->outcome] : "?");
    return buf;
}

const char *cli_expect_text(enum system_arch arch, enum expect_kind kind, uint64_t value,
                            char buf[CLI_TEXT])
{
    static const char *const outcome[] = {
        [REC_O_NONE] = "none", [REC_O_OK] = "translated", [REC_O_BYPASS] = "bypass",
        [REC_O_ABORT] = "abort", [REC_O_FAULT] = "fault", [REC_O_FAULT_SILENT] = "fault, no record",
    };
    static const char *const hit[] = { "miss", "hit", "no lookup" };

    switch (kind) {
    case EXPECT_K_OUTCOME:
    case EXPECT_K_INTENDED:
        snprintf(buf, CLI_TEXT, "%s", value < ARRAY_LEN(outcome) ? outcome[value] : "?");
        break;
    case EXPECT_K_CODE:
        cli_fault_name(arch, (unsigned)value, buf);
        break;
    case EXPECT_K_PA:
        snprintf(buf, CLI_TEXT, "0x%" PRIx64, value);
        break;
    case EXPECT_K_IPA:
        snprintf(buf, CLI_TEXT, "0x%" PRIx64, value << 12);
        break;
    case EXPECT_K_CONFIG:
    case EXPECT_K_HIT:
        snprintf(buf, CLI_TEXT, "%s", value < ARRAY_LEN(hit) ? hit[value] : "?");
        break;
    default:
        snprintf(buf, CLI_TEXT, "%" PRIu64, value);
        break;
    }
    return buf;
}
