/*
 * fastest.h: the fastest way to compute one signature on this machine.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * For hosts only: not a part of the firmware library. The rules of thingpost.h hold here too.
 */
#ifndef TPOST_LANES_FASTEST_H
#define TPOST_LANES_FASTEST_H

#include <thingpost.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A method that gives the same signatures as `method` by instructions for SHA-1 or SHA-256, where the features have
 * them and the library was built with them; else `method` itself, and NULL for NULL. It goes wherever a method does.
 *
 * features  what tpost_cpu_features() of cpu.h said, or 0 for the portable C.
 */
const tpost_method *tpost_method_fastest(const tpost_method *method, unsigned features);

#ifdef __cplusplus
}
#endif

#endif
