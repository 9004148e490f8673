# The emulator and its SQL engine, in the versions that `make up` uses.
FROM python:3.13.15-slim-trixie

COPY requirements.txt /tmp/
RUN pip install --no-cache-dir --no-deps --requirement /tmp/requirements.txt

# Functions are unpacked into /tmp and run as this user.
RUN useradd --create-home emulator
USER emulator
WORKDIR /home/emulator

EXPOSE 4566
CMD ["python", "-m", "ministack"]
