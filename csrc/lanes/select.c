/*
 * select.c: which lanes this machine can run.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * The build defines TPOST_HAVE_SSE2, TPOST_HAVE_AVX2, TPOST_HAVE_AVX512 or TPOST_HAVE_NEON for the units that it has.
 */
#include "lanes.h"

#include "cpu.h"

/* The fastest first. Portable comes last and needs nothing. */
static const struct {
    const tpost_lanes *lanes;
    unsigned features;
} tpost_all_lanes[] = {
#ifdef TPOST_HAVE_AVX512
    {&tpost_lanes_avx512, TPOST_CPU_AVX512},
#endif
#ifdef TPOST_HAVE_AVX2
    {&tpost_lanes_avx2, TPOST_CPU_AVX2},
#endif
#ifdef TPOST_HAVE_SSE2
    {&tpost_lanes_sse2, TPOST_CPU_SSE2},
#endif
#ifdef TPOST_HAVE_NEON
    {&tpost_lanes_neon, TPOST_CPU_NEON},
#endif
    {&tpost_lanes_portable, 0},
};

#define TPOST_LANES_COUNT (sizeof tpost_all_lanes / sizeof tpost_all_lanes[0])

const tpost_lanes *tpost_lanes_best(void)
{
    unsigned features = tpost_cpu_features();
    size_t i = 0;

    while ((tpost_all_lanes[i].features & ~features) != 0) {
        i++;
    }
    return tpost_all_lanes[i].lanes;
}

const tpost_lanes *tpost_lanes_by_name(const char *name, size_t name_len)
{
    unsigned features = tpost_cpu_features();
    size_t i;

    for (i = 0; i < TPOST_LANES_COUNT; i++) {
        const char *its_name = tpost_all_lanes[i].lanes->name;

        if (strlen(its_name) == name_len && memcmp(its_name, name, name_len) == 0) {
            return (tpost_all_lanes[i].features & ~features) == 0 ? tpost_all_lanes[i].lanes : NULL;
        }
    }
    return NULL;
}

const char *tpost_lanes_name(const tpost_lanes *lanes)
{
    return lanes->name;
}

unsigned tpost_lanes_width(const tpost_lanes *lanes)
{
    return lanes->width;
}
