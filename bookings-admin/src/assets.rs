//! Static files, embedded in the binary and served under names that hold a hash of their content, so that browsers may
//! keep them for a year.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The stylesheet is one file to browsers; what overrides comes last.
const STYLE: &str = concat!(
    include_str!("../static/css/base.css"),
    include_str!("../static/css/frame.css"),
    include_str!("../static/css/lists.css"),
    include_str!("../static/css/booking.css"),
    include_str!("../static/css/board.css"),
    include_str!("../static/css/media.css"),
);

/// Plain name, content type, content.
const FILES: [(&str, &str, &str); 3] = [
    ("app.css", "text/css; charset=utf-8", STYLE),
    ("app.js", "text/javascript; charset=utf-8", include_str!("../static/app.js")),
    ("favicon.svg", "image/svg+xml", include_str!("../static/favicon.svg")),
];

struct Asset {
    name: &'static str,
    content_type: &'static str,
    body: &'static str,
    /// `/static/app-0123456789abcdef.css`
    path: String,
    etag: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| FILES.map(hashed).into());

fn hashed((name, content_type, body): (&'static str, &'static str, &'static str)) -> Asset {
    let hash: String = Sha256::digest(body).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let path = match name.rsplit_once('.') {
        Some((stem, extension)) => format!("/static/{stem}-{hash}.{extension}"),
        None => format!("/static/{name}-{hash}"),
    };
    Asset { name, content_type, body, path, etag: format!("\"{hash}\"") }
}

/// The address of a static file by its plain name, as `app.css`; empty for an unknown name.
pub fn asset_path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.path.as_str())
}

/// The content of a static file by its plain name.
pub fn asset_body(name: &str) -> Option<&'static str> {
    ASSETS.iter().find(|asset| asset.name == name).map(|asset| asset.body)
}

/// Adds `/static/{name}` and `/favicon.ico` to the routes; neither needs a sign-in.
pub fn configure(routes: &mut web::ServiceConfig) {
    routes.route("/static/{name}", web::get().to(serve)).route("/favicon.ico", web::get().to(favicon));
}

/// `GET /static/{name}`: 200, 304 when the browser has it, 404 for anything else.
pub async fn serve(request: HttpRequest) -> HttpResponse {
    let Some(asset) = ASSETS.iter().find(|asset| asset.path == request.path()) else {
        return HttpResponse::NotFound().finish();
    };
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == asset.etag));
    let mut answer = match known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    answer
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::ETAG, asset.etag.as_str()))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    match known {
        true => answer.finish(),
        false => answer.content_type(asset.content_type).body(asset.body),
    }
}

/// Browsers that ask for the old name are sent to the svg.
async fn favicon() -> HttpResponse {
    HttpResponse::MovedPermanently().insert_header((header::LOCATION, asset_path("favicon.svg"))).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::{App, test};

    fn header_of(answer: &actix_web::dev::ServiceResponse, name: header::HeaderName) -> String {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    async fn get(path: &str, etag: Option<&str>) -> actix_web::dev::ServiceResponse {
        let app = test::init_service(App::new().configure(configure)).await;
        let mut request = TestRequest::get().uri(path);
        if let Some(etag) = etag {
            request = request.insert_header((header::IF_NONE_MATCH, etag));
        }
        test::call_service(&app, request.to_request()).await
    }

    #[actix_web::test]
    async fn a_hashed_name_is_served_with_its_type_and_kept_for_a_year() {
        let answer = get(asset_path("app.css"), None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header_of(&answer, header::CONTENT_TYPE), "text/css; charset=utf-8");
        assert_eq!(header_of(&answer, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert!(header_of(&answer, header::CACHE_CONTROL).contains("immutable"));
        assert_eq!(test::read_body(answer).await, FILES[0].2);
    }

    #[actix_web::test]
    async fn a_known_etag_is_answered_without_a_body() {
        let etag = header_of(&get(asset_path("app.js"), None).await, header::ETAG);
        let answer = get(asset_path("app.js"), Some(&etag)).await;
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
        assert!(test::read_body(answer).await.is_empty());
    }

    #[actix_web::test]
    async fn any_other_name_is_not_found() {
        for path in ["/static/app.css", "/static/app-0000000000000000.css", "/static/..%2fCargo.toml"] {
            assert_eq!(get(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(asset_path("other.css"), "");
    }
}
