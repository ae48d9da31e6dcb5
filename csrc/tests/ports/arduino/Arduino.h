#pragma once
/* Arduino.h: stands in for the real one and its network libraries, so that the sketch can be compiled without them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

unsigned long millis(void);
void delay(unsigned long milliseconds);

struct SerialPort {
    void begin(unsigned long speed);
    void println(const char *text);
};
extern SerialPort Serial;

enum { WL_CONNECTED = 3 };
struct WiFiClass {
    void begin(const char *name, const char *passphrase);
    int status();
};
extern WiFiClass WiFi;

struct WiFiClientSecure {
    void setCACert(const char *certificate);
    int connect(const char *host, uint16_t port);
    uint8_t connected();
    size_t write(const uint8_t *bytes, size_t len);
    int available();
    int read(uint8_t *bytes, size_t size);
    void stop();
};
