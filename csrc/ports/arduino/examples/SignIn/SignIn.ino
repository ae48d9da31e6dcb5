// SignIn: an ESP32 or ESP8266 signs in to Alibaba Cloud IoT Platform and publishes once.
// Fill in the seven lines below, and the certificate of the authority that your endpoint's certificate comes from.
#include <WiFi.h> // on an ESP8266: ESP8266WiFi.h
#include <WiFiClientSecure.h>
#include <thingpost.h>

const char SSID[] = "...";
const char PASSPHRASE[] = "...";
const char HOST[] = "iot-as-http.cn-shanghai.aliyuncs.com";
const char PRODUCT_KEY[] = "...";
const char DEVICE_NAME[] = "...";
const char DEVICE_SECRET[] = "...";
const char TOPIC[] = "/.../.../user/pub"; // the productKey and the deviceName
const char AUTHORITY[] = "-----BEGIN CERTIFICATE-----\n...";

WiFiClientSecure connection;
char token[200];
char text[512];

// Send a request and a payload, and read the reply.
tpost_status exchange(const char *request, size_t len, const char *payload, size_t payload_len, tpost_reply *reply)
{
    tpost_status status = TPOST_PARTIAL;
    unsigned long started = millis();

    if (!connection.connected() && !connection.connect(HOST, 443)) {
        return status;
    }
    connection.write((const uint8_t *)request, len);
    connection.write((const uint8_t *)payload, payload_len);
    while (status == TPOST_PARTIAL && millis() - started < 15000) {
        uint8_t bytes[128];
        int count = connection.available() > 0 ? connection.read(bytes, sizeof bytes) : 0;

        if (count > 0) {
            status = tpost_reply_feed(reply, bytes, (size_t)count, NULL);
        } else if (!connection.connected()) {
            status = tpost_reply_end(reply);
            break;
        } else {
            delay(5);
        }
    }
    if (status != TPOST_OK || !reply->reusable) {
        connection.stop();
    }
    return status;
}

bool signIn()
{
    // Without a clock there is no timestamp; with one, add it: TPOST_PARAM("timestamp", milliseconds, length).
    const tpost_param params[] = {TPOST_PARAM("productKey", PRODUCT_KEY, sizeof PRODUCT_KEY - 1),
                                  TPOST_PARAM("deviceName", DEVICE_NAME, sizeof DEVICE_NAME - 1),
                                  TPOST_PARAM("clientId", DEVICE_NAME, sizeof DEVICE_NAME - 1)};
    char sign[TPOST_SIGN_SIZE];
    tpost_reply reply;
    size_t len = 0;

    tpost_sign(&tpost_hmacsha256, DEVICE_SECRET, sizeof DEVICE_SECRET - 1, params, 3, sign, sizeof sign);
    if (tpost_auth_request(HOST, sizeof HOST - 1, &tpost_hmacsha256, params, 3, sign, text, sizeof text, &len) != TPOST_OK) {
        return false;
    }
    tpost_reply_begin(&reply, token, sizeof token);
    return exchange(text, len, "", 0, &reply) == TPOST_OK && reply.code == 0;
}

bool publish(const char *payload, size_t payload_len)
{
    tpost_reply reply;
    size_t len = 0;

    if (tpost_topic_request(HOST, sizeof HOST - 1, TOPIC, sizeof TOPIC - 1, token, strlen(token), (uint32_t)payload_len, text,
                            sizeof text, &len) != TPOST_OK) {
        return false;
    }
    tpost_reply_begin(&reply, NULL, 0);
    return exchange(text, len, payload, payload_len, &reply) == TPOST_OK && reply.code == 0;
}

void setup()
{
    Serial.begin(115200);
    WiFi.begin(SSID, PASSPHRASE);
    while (WiFi.status() != WL_CONNECTED) {
        delay(100);
    }
    connection.setCACert(AUTHORITY); // on an ESP8266: setTrustAnchors()
    if (!signIn()) {
        Serial.println("not signed in");
    } else if (!publish("{\"t\":21.5}", 10)) {
        Serial.println("not published, as far as is known");
    } else {
        Serial.println("published");
    }
}

void loop()
{
}
