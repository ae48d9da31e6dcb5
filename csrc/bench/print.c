/*
 * print.c: the results as a table or as JSON.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bench.h"

#include <openssl/crypto.h>
#include <stdio.h>

static double tpost_bench_limit_of(const tpost_bench_subject *subject, unsigned rounds)
{
    unsigned compressions = subject->context == NULL ? TPOST_BENCH_COMPRESSIONS : TPOST_BENCH_KEY_COMPRESSIONS;

    if (subject->method == NULL || subject->lanes == NULL) {
        return 0.0;
    }
    return tpost_bench_limit((unsigned)(subject->method - tpost_bench_methods), subject->lanes, compressions, rounds);
}

static const char *tpost_bench_lanes_name(const tpost_bench_subject *subject)
{
    return subject->lanes == NULL ? "-" : tpost_lanes_name(subject->lanes);
}

static void tpost_bench_print_subject(const tpost_bench_subject *subject, unsigned rounds)
{
    double median = tpost_bench_quantile(subject, rounds, 0.5);
    double limit = tpost_bench_limit_of(subject, rounds);

    printf("  %-35s  %-8s  %6.0f  %5.0f - %5.0f", subject->what, tpost_bench_lanes_name(subject), median,
           tpost_bench_quantile(subject, rounds, 0.25), tpost_bench_quantile(subject, rounds, 0.75));
    if (limit > 0) {
        printf("  %6.0f  %4.0f %%", limit, 100 * limit / median);
    }
    printf("\n");
}

static void tpost_bench_print_head(unsigned rounds)
{
    printf("Core %s a signature: secrets of %d bytes, content of %d bytes, fields put together, digits written;\n"
           "%d rows, medians and quartiles of %u interleaved rounds.\n",
           tpost_bench_unit(), TPOST_BENCH_SECRET, TPOST_BENCH_CONTENT, TPOST_BENCH_ROWS, rounds);
    printf("%s; compiler %s; one cycle: %.3g ns.\n", OpenSSL_version(OPENSSL_VERSION), TPOST_BENCH_COMPILER,
           tpost_bench_median_cycle);
}

void tpost_bench_print(unsigned rounds)
{
    unsigned method;
    unsigned i;

    tpost_bench_print_head(rounds);
    for (method = 0; method < TPOST_BENCH_METHODS; method++) {
        printf("\n%s\n  %-35s  %-8s  %6s  %13s  %6s  %s\n", tpost_bench_methods[method].name, "", "lanes", "median",
               "quartiles", "limit", "limit / median");
        for (i = 0; i < tpost_bench_n_subjects; i++) {
            if (tpost_bench_subjects[i].method == &tpost_bench_methods[method]) {
                tpost_bench_print_subject(&tpost_bench_subjects[i], rounds);
            }
        }
    }
    printf("\nLimit: the operations of the compressions, by what this CPU does of them a cycle, measured in the same "
           "rounds:\n");
    for (i = 0; i < tpost_bench_n_subjects; i++) {
        const tpost_bench_subject *subject = &tpost_bench_subjects[i];

        if (subject->method == NULL) {
            printf("  %s: %.2f %s a cycle\n", tpost_bench_lanes_name(subject),
                   1 / tpost_bench_quantile(subject, rounds, 0.5), subject->what);
        }
    }
}

static void tpost_bench_print_figure(FILE *file, const tpost_bench_subject *subject, unsigned rounds)
{
    double limit = tpost_bench_limit_of(subject, rounds);

    fprintf(file, "  {\"what\": \"%s\", ", subject->what);
    if (subject->method != NULL) {
        fprintf(file, "\"method\": \"%s\", ", subject->method->name);
    }
    if (subject->lanes != NULL) {
        fprintf(file, "\"lanes\": \"%s\", ", tpost_lanes_name(subject->lanes));
    }
    if (limit > 0) {
        fprintf(file, "\"limit\": %.4g, ", limit);
    }
    fprintf(file, "\"low\": %.4g, \"median\": %.4g, \"high\": %.4g}", tpost_bench_quantile(subject, rounds, 0.25),
            tpost_bench_quantile(subject, rounds, 0.5), tpost_bench_quantile(subject, rounds, 0.75));
}

void tpost_bench_print_json(FILE *file, unsigned rounds)
{
    unsigned i;

    fprintf(file, "{\"format\": 1, \"unit\": \"%s\", \"compiler\": \"%s\", \"libcrypto\": \"%s\", \"rows\": %d,\n",
            tpost_bench_unit(), TPOST_BENCH_COMPILER, OpenSSL_version(OPENSSL_VERSION), TPOST_BENCH_ROWS);
    fprintf(file,
            " \"rounds\": %u, \"nanoseconds\": %.4g, \"secret_bytes\": %d, \"content_bytes\": %d, \"figures\": [\n",
            rounds, tpost_bench_median_cycle, TPOST_BENCH_SECRET, TPOST_BENCH_CONTENT);
    for (i = 0; i < tpost_bench_n_subjects; i++) {
        tpost_bench_print_figure(file, &tpost_bench_subjects[i], rounds);
        fprintf(file, "%s\n", i + 1 < tpost_bench_n_subjects ? "," : "");
    }
    fprintf(file, "]}\n");
}
