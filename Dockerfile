# The back office in one image: `docker build -t bookings .`, then
# `docker run -p 8080:8080 -v bookings:/var/lib/bookings bookings`.
FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package bookings-admin

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/bookings --create-home bookings
COPY --from=build /src/target/release/bookings-admin /usr/local/bin/bookings-admin
USER bookings
WORKDIR /var/lib/bookings
VOLUME /var/lib/bookings
ENV BOOKINGS_LISTEN=0.0.0.0:8080 BOOKINGS_DATABASE_URL=sqlite:/var/lib/bookings/bookings.sqlite3
EXPOSE 8080
# SIGTERM ends it in order, within 5 s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["bookings-admin"]
CMD ["serve"]
