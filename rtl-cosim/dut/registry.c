/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/dut/registry.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define D(name) extern const struct cosim_dut_ops cosim_dut_##name;
#include <rtl_duts.h>
#undef D

#define D(name) &cosim_dut_##name,
static const struct cosim_dut_ops *const duts[] = {
#include <rtl_duts.h>
    NULL,
};
#undef D

const struct cosim_dut_ops *cosim_dut_at(size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!duts[i])
            return NULL;
    return duts[n];
}

static const struct cosim_dut_ops *load(const char *path, struct diag *d)
{
    void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct cosim_dut_ops *ops;

    if (!so) {
        diag_add(d, path, 0, 0, "%s", dlerror());
        return NULL;
    }
    ops = dlsym(so, COSIM_DUT_SYMBOL);
    if (!ops || ops->abi != COSIM_ABI) {
        if (ops)
            diag_add(d, path, 0, 0, "made for version %u of rtl-cosim/dut.h, this program has %u", ops->abi, COSIM_ABI);
        else
            diag_add(d, path, 0, 0, "has no symbol %s", COSIM_DUT_SYMBOL);
        dlclose(so);
        return NULL;
    }
    return ops;                        /* stays for as long as the program runs */
}

const struct cosim_dut_ops *cosim_dut_find(const char *name, struct diag *d)
{
    size_t length = strlen(name);
    char known[1024] = "";

    if (strchr(name, '/') || (length > 3 && !strcmp(name + length - 3, ".so")))
        return load(name, d);
    for (size_t i = 0; duts[i]; i++) {
        size_t used = strlen(known);

        if (!strcmp(duts[i]->name, name))
            return duts[i];
        snprintf(known + used, sizeof known - used, " %s", duts[i]->name);
    }
    diag_add(d, NULL, 0, 0, "no design `%s`; there are:%s%s, or the path of a shared object", name, known,
             known[0] ? "" : " none, for the program was built without Verilator");
    return NULL;
}
