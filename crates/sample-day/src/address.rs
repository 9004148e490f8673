//! Where packages go: real streets, invented house numbers.

use crate::draw::Draw;

/// A place with streets, and how its people write an address in one line.
#[derive(Clone, Copy)]
pub(crate) enum City {
    Seattle,
    SaoPaulo,
}

/// Each with the postal code of a part of it.
const SEATTLE: [(&str, &str); 12] = [
    ("Ballard Ave NW", "98107"),
    ("Broadway E", "98102"),
    ("California Ave SW", "98116"),
    ("Eastlake Ave E", "98102"),
    ("Fremont Ave N", "98103"),
    ("Greenwood Ave N", "98103"),
    ("Pike St", "98101"),
    ("Pine St", "98101"),
    ("Queen Anne Ave N", "98109"),
    ("Rainier Ave S", "98118"),
    ("Roosevelt Way NE", "98115"),
    ("University Way NE", "98105"),
];

const SAO_PAULO: [(&str, &str); 12] = [
    ("Alameda Santos", "01419-000"),
    ("Avenida Angélica", "01228-000"),
    ("Avenida Brigadeiro Faria Lima", "01452-000"),
    ("Avenida Paulista", "01310-100"),
    ("Avenida Rebouças", "05401-000"),
    ("Rua Augusta", "01305-000"),
    ("Rua Clélia", "05042-000"),
    ("Rua da Consolação", "01302-000"),
    ("Rua da Mooca", "03103-000"),
    ("Rua Oscar Freire", "01426-000"),
    ("Rua Vergueiro", "04101-000"),
    ("Rua Voluntários da Pátria", "02011-000"),
];

impl City {
    pub(crate) fn draw(draw: &mut Draw) -> Self {
        draw.one([Self::Seattle, Self::SaoPaulo])
    }

    pub(crate) fn address(self, draw: &mut Draw) -> String {
        let number = draw.whole(1..=2_999);
        match self {
            Self::Seattle => {
                let (street, code) = draw.one(SEATTLE);
                format!("{number} {street}, Seattle, WA {code}")
            }
            Self::SaoPaulo => {
                let (street, code) = draw.one(SAO_PAULO);
                format!("{street}, {number}, São Paulo - SP, {code}")
            }
        }
    }
}
