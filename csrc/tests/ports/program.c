/* What a program that drops the library in would be: it signs the vendor's example. */
#include <thingpost.h>

#include <string.h>

int main(void)
{
    static const tpost_param params[] = {TPOST_PARAM("productKey", "pk", 2), TPOST_PARAM("deviceName", "device", 6),
                                         TPOST_PARAM("clientId", "12345", 5), TPOST_PARAM("timestamp", "789", 3)};
    char sign[TPOST_SIGN_SIZE];

    return tpost_sign(&tpost_hmacsha1, "secret", 6, params, 4, sign, sizeof sign) != TPOST_OK ||
           strcmp(sign, "FAFD82A3D602B37FB0FA8B7892F24A477F851A14") != 0;
}
