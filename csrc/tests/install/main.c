/* A program against an installed copy: it prints a signature. */
#include <stdio.h>
#include <thingpost.h>

int main(void)
{
    char sign[TPOST_SIGN_SIZE];
    const tpost_param params[] = {TPOST_PARAM("clientId", "12345", 5), TPOST_PARAM("deviceName", "device", 6),
                                  TPOST_PARAM("productKey", "pk", 2), TPOST_PARAM("timestamp", "789", 3)};
    const tpost_status status = tpost_sign(&tpost_hmacsha1, "secret", 6, params, 4, sign, sizeof sign);

    printf("%s\n", sign);
    return status == TPOST_OK ? 0 : 1;
}
