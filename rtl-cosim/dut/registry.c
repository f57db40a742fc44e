/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/dut/registry.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "rtl-cosim/twin/model.h"

#define D(name) extern const struct cosim_dut_ops cosim_dut_##name;
#include <rtl_duts.h>
#undef D

#define D(name) &cosim_dut_##name,
static const struct cosim_dut_ops *const duts[] = {
    &cosim_dut_model,
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

/* PATH.so or PATH.so:NAME; `so` is where ".so" is in it. */
static const struct cosim_dut_ops *load(const char *name, const char *so, struct diag *d)
{
    const char *one = so[3] ? so + 4 : "";
    char path[1024], symbol[256];
    const struct cosim_dut_ops *ops;
    void *object;

    snprintf(path, sizeof path, "%s%.*s", strchr(name, '/') ? "" : "./", (int)(so + 3 - name), name);
    snprintf(symbol, sizeof symbol, "%s%s%s", COSIM_DUT_SYMBOL, *one ? "_" : "", one);
    object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        diag_add(d, NULL, 0, 0, "%s", dlerror());
        return NULL;
    }
    ops = dlsym(object, symbol);
    if (ops && ops->abi == COSIM_ABI)
        return ops;                    // cppcheck-suppress resourceLeak ; stays for as long as the program runs
    if (ops)
        diag_add(d, path, 0, 0, "made for version %u of rtl-cosim/dut.h, this program has %u", ops->abi, COSIM_ABI);
    else
        diag_add(d, path, 0, 0, "has no symbol %s", symbol);
    dlclose(object);
    return NULL;
}

const struct cosim_dut_ops *cosim_dut_find(const char *name, struct diag *d)
{
    const char *so = strstr(name, ".so");
    char known[1024] = "";

    if (so && (!so[3] || so[3] == ':'))
        return load(name, so, d);
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
