"""Logs in with the right and with a wrong password, by a driver that has its own SCRAM."""
import asyncio
import sys

module, host = sys.argv[1:]


def pg8000(password):
    import pg8000 as driver
    driver.connect(host=host, user="app", database="shop", password=password).close()


def asyncpg(password):
    import asyncpg as driver

    async def once():
        await (await driver.connect(host=host, user="app", database="shop", password=password, ssl=False)).close()
    asyncio.run(once())


connect = {"pg8000": pg8000, "asyncpg": asyncpg}[module]
connect("s3cret")
try:
    connect("wrong")
    print("in in")
except Exception as e:
    print("in out" if "28P01" in str(e) + str(getattr(e, "sqlstate", "")) else f"in, then {e!r}")
