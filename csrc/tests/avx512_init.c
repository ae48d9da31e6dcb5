/*
 * avx512_init.c: the first process of the machine that avx512.sh boots: it runs the tests and says how they ended.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    static const char *const tests[] = {"/test_batch_stack", "/test_batch", "/test_batch_refused"};
    size_t i;

    for (i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        int status = 0;
        pid_t child = fork();

        if (child == 0) {
            (void)execl(tests[i], tests[i], (char *)NULL);
            _exit(127);
        }
        (void)waitpid(child, &status, 0);
        printf("%s: exit code %d\n", tests[i], WIFEXITED(status) ? WEXITSTATUS(status) : 255);
        (void)fflush(stdout);
    }
    printf("tests done\n");
    (void)fflush(stdout);
    for (;;) {
        (void)pause(); /* the first process must not end; the script ends the machine */
    }
}
